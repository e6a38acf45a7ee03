import { afterAll, describe, expect, it } from 'vitest';
import { main } from '../../../../pipeline/cli/main.ts';
import type { Program } from '../../../../pipeline/session/program.ts';
import { keepOutput } from '../../../fixtures/output.ts';
import { makeWorkspace, removeWorkspaces } from '../../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PROGRAM: Program = {
  workerPath: null,
  root: '',
  version: '1.2.3',
  importModule: (url) => import(url),
};

/** Carries a command line out in this process. */
async function carryOut(...args: string[]) {
  const output = keepOutput();
  const code = await main(args, PROGRAM, output);
  return { code, printed: output.printed(), complaints: output.complaints() };
}

function makePipeline(stages: string): string {
  return makeWorkspace({ 'pipeline.yaml': `version: 1\nstages:\n  ${stages}\n` }).path;
}

describe('what is asked for goes to standard output', () => {
  it('such as the help and the version', async () => {
    const help = await carryOut('--help');
    expect(help).toMatchObject({ code: 0, complaints: '' });
    expect(help.printed).toContain('Usage: pipeline');
    expect(await carryOut('--version')).toEqual({ code: 0, printed: '1.2.3\n', complaints: '' });
  });

  it('such as the states of nodes, beside why some cannot run', async () => {
    const path = makePipeline('say: { command: "echo 1 > {{ outputs.o }}", outputs: { o: said } }');
    const states = await carryOut('status', '-C', path);
    expect(states).toEqual({
      code: 0,
      printed: 'say  will run for the first time\n\n1 node: 1 will run\n',
      complaints: '',
    });
  });

  it('such as mistakes for programs', async () => {
    const path = makePipeline('say: { outputs: { o: said } }');
    const { code, printed, complaints } = await carryOut('status', '--json', '-C', path);
    expect({ code, complaints }).toEqual({ code: 2, complaints: '' });
    expect(JSON.parse(printed)).toMatchObject({ type: 'mistakes' });
  });
});

describe('what keeps a command from it goes to standard error', () => {
  it('such as an option that there is not, with the help of commander', async () => {
    const refused = await carryOut('status', '--jsn');
    expect(refused).toMatchObject({ code: 2, printed: '' });
    expect(refused.complaints).toMatch(/unknown option '--jsn'[\s\S]*Did you mean --json/);
  });

  it('such as mistakes, with the line that they are in', async () => {
    const path = makePipeline('say: { outputs: { o: said } }');
    const { code, printed, complaints } = await carryOut('status', '-C', path);
    expect({ code, printed }).toEqual({ code: 2, printed: '' });
    expect(complaints).toContain('pipeline.yaml:3:');
    expect(complaints).toContain('say: { outputs: { o: said } }');
  });

  it('such as an argument that cannot be read, before the workspace is looked for', async () => {
    const { code, complaints } = await carryOut('run', '--recheck', '2', '-C', '/nowhere');
    expect(code).toBe(2);
    expect(complaints).toContain('"2" is no share of the cached results');
  });
});
