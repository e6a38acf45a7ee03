import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

const workspace = makeWorkspace({
  'pipeline.yaml': `
version: 1
commands:
  greet: { module: greet.ts, description: greets whoever is named }
  broken: { module: broken.ts }
stages:
  one:
    command: echo 1 > {{ outputs.o }}
    outputs: { o: out/one.txt }
`,
  'greet.ts': `
import { greeting } from './greeting.ts';
export async function main({ args, pipeline }) {
  if (args[0] === undefined) throw Object.assign(new Error('whom?'), { name: 'StageFailure' });
  console.log(greeting + args.join(' '));
  return pipeline(['run', '--quiet']);
}
`,
  'greeting.ts': `export const greeting: string = 'hello ';`,
  'broken.ts': `import './nowhere.ts';`,
});
afterAll(removeWorkspaces);

describe('a command of the workspace', () => {
  it('gets its arguments and can run other commands', async () => {
    const { code, stdout } = await workspace.start(['greet', 'the', '--world']).result;
    expect(stdout).toBe('hello the --world\n');
    expect(code).toBe(0);
    expect(workspace.read('out/one.txt')).toBe('1\n');
  });

  it('explains a failure without a stack trace', async () => {
    const { code, stderr } = await workspace.start(['greet']).result;
    expect([code, stderr]).toEqual([1, 'pipeline greet: whom?\n']);
  });

  it('is listed by --help', async () => {
    const { stdout } = await workspace.start(['--help']).result;
    expect(stdout).toMatch(/greet +greets whoever is named/);
  });

  it('is refused with place and reason where its code cannot be read', async () => {
    const { code, stderr } = await workspace.start(['broken']).result;
    expect(code).toBe(2);
    expect(stderr).toContain('broken.ts:1:8: Could not resolve "./nowhere.ts"');
  });

  it('is a mistake in pipeline.yaml where its module does not exist', async () => {
    const other = makeWorkspace({
      'pipeline.yaml': `
version: 1
commands: { c: { module: c.ts } }
stages: { s: { command: 'true > {{ outputs.o }}', outputs: { o: o } } }
`,
    });
    const { code, stderr } = await other.run();
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:3:26: the module "c.ts" of command "c" does not exist');
  });
});
