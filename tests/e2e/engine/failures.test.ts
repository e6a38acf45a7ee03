import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../pipeline/progress/events.ts';
import {
  type CommandResult,
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const modules: Record<string, string> = {
  throws: "export async function run() { throw new TypeError('a bug'); }",
  refuses: `export async function run() {
    throw Object.assign(new Error('expected 3 classes, found 2; check labels.csv'), { name: 'StageFailure' });
  }`,
  exits: "export async function run() { console.log('half way'); process.exit(7); }",
  nothing: 'export async function run() {}',
  wrongExport: 'export const start = 1;',
  never: 'export const run = () => new Promise(() => {});',
  partial:
    "import { writeFileSync } from 'node:fs';\nexport const run = (c) => writeFileSync(c.outputs.o + '.part', 'x');",
  link: "import { symlinkSync } from 'node:fs';\nexport const run = (c) => symlinkSync('/etc/hostname', c.outputs.o);",
  segfault: "export const run = () => process.kill(process.pid, 'SIGSEGV');",
  fine: `
    import { mkdirSync, writeFileSync } from 'node:fs';
    export async function run(c) {
      for (let i = 0; i < 20000; i++) console.log('line ' + i + ' of a stage that prints a lot');
      c.emit({ type: 'message' });
      c.emit({ type: 'summary', values: 5 });
      c.emit({ type: 'summary', values: { n: 1 } });
      mkdirSync(c.outputs.o + '/deep/er', { recursive: true });
      writeFileSync(c.outputs.o + '/deep/er/a', 'x');
      setInterval(() => {}, 1000);
    }`,
  below:
    "import { writeFileSync } from 'node:fs';\nexport const run = (c) => writeFileSync(c.outputs.o, 'x');",
};

describe('stages that fail', () => {
  const names = Object.keys(modules);
  const stages = names.map((name) => {
    const input = name === 'below' ? 'inputs: { i: { from: throws, output: o } }, ' : '';
    return `  ${name}: { module: ${name}.ts, ${input}outputs: { o: out/${name} } }`;
  });
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1\nstages:\n${stages.join('\n')}\n`,
    ...Object.fromEntries(names.map((name) => [`${name}.ts`, modules[name] ?? ''])),
  });
  let result: CommandResult;
  let events: RunEvent[];
  const failureOf = (node: string) =>
    events.find((event) => event.type === 'node-failed' && event.node === node) as Extract<
      RunEvent,
      { type: 'node-failed' }
    >;

  beforeAll(async () => {
    result = await workspace.run(['--keep-going', '--json']);
    events = parseEvents(result);
  });

  it('end the run with 1, while --keep-going brings the others to their end', () => {
    expect(result.code).toBe(1);
    expect(nodesThat(events, 'executed')).toEqual(['fine']);
    expect(nodesThat(events, 'skipped')).toEqual(['below']);
    expect(result.failed).toBe(names.length - 2);
    expect(result.stderr).toBe('');
  });

  it.each([
    ['throws', 'exited with status 1', /^TypeError: a bug\n\s+at .*throws\.ts:1:/],
    ['refuses', 'exited with status 1', /^expected 3 classes, found 2; check labels\.csv$/],
    ['exits', 'exited with status 7', /^half way$/],
    [
      'nothing',
      'it ended well but did not write its output o: a command is to write to {{ outputs.o }}, a module to context.outputs.o',
      /^$/,
    ],
    [
      'partial',
      'it ended well but did not write its output o: a command is to write to {{ outputs.o }}, a module to context.outputs.o',
      /^$/,
    ],
    [
      'wrongExport',
      'exited with status 1',
      /^wrongExport\.ts exports no function named run, but start: write `export async function run\(context\)`$/,
    ],
    [
      'never',
      'exited with status 13: its promise was never settled, and nothing was left that could settle it',
      /^/,
    ],
    [
      'link',
      'its output o is a link that leaves it: → /etc/hostname; only links that stay inside can be kept: copy what it leads to, or link to what is in the output',
      /^$/,
    ],
    [
      'segfault',
      'was ended by SIGSEGV (it touched memory that is not its own: a fault of the program or of a native library)',
      /^$/,
    ],
  ])('say why: %s', (node, message, log) => {
    const failure = failureOf(node);
    expect(failure.message).toBe(message);
    expect(failure.logTail.join('\n')).toMatch(log);
    expect(workspace.exists(failure.log ?? 'no log')).toBe(true);
  });

  it('leave no output and nothing temporary behind', () => {
    expect(workspace.list('out')).toEqual(['out/fine/deep/er/a']);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
  });

  it('run again next time, while what was done is kept', async () => {
    const again = await workspace.run(['--keep-going']);
    expect(again).toMatchObject({ code: 1, executed: 0, cached: 1, failed: names.length - 2 });
  });

  it('stop a run without --keep-going, showing the end of the log and where it is', async () => {
    const { code, stdout } = await workspace.run(['exits', 'below', '--jobs', '1']);
    expect(code).toBe(1);
    expect(stdout).toContain('TypeError: a bug');
    expect(stdout).toMatch(/\.pipeline\/runs\/\S+\/logs\/\w+\.log/);
    expect(stdout).toMatch(/0 executed, 0 cached, 1 failed, 2 skipped in /);
  });
});

describe('what a stage prints', () => {
  it('is kept in full, and a failure shows its end alone', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml':
        'version: 1\nstages: { a: { command: "seq 100000; exit 3", outputs: { o: o } } }\n',
    });
    const events = parseEvents(await workspace.run(['--json']));
    const failure = events.find((event) => event.type === 'node-failed');
    if (failure?.type !== 'node-failed') throw new Error('nothing failed');
    expect(failure.logTail).toHaveLength(20);
    expect(failure.logTail[18]).toBe('100000');
    expect(failure.logTail[19]).toBe('the command exited with status 3');
    expect(workspace.read(failure.log ?? '').split('\n')).toHaveLength(100_002);
  });
});

describe('outputs that cannot be put in their place', () => {
  it('fail their stage with the reason before it runs, not the program', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml':
        'version: 1\nstages: { a: { template: a.njk, outputs: { o: out/o } }, b: { template: a.njk, outputs: { o: o } } }\n',
      'a.njk': 'text',
      out: 'a file where a folder should be',
    });
    const { code, stdout, stderr } = await workspace.run(['--keep-going']);
    expect(stderr).toBe('');
    expect(stdout).toContain(
      'its output out/o cannot be put there: out is a file and would have to be a folder\n',
    );
    expect(stdout).not.toContain('[start] a');
    expect(stdout).toContain('1 executed, 0 cached, 1 failed');
    expect(code).toBe(1);
    expect(workspace.read('out')).toBe('a file where a folder should be');
    workspace.remove('out');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1, cached: 1 });
    expect(workspace.read('out/o')).toBe('text');
  });
});
