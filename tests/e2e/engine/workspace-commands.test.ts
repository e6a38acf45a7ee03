import { afterAll, describe, expect, it } from 'vitest';
import { endWatching, Watching } from '../../fixtures/watching.ts';
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
afterAll(endWatching);

describe('a command of the workspace', () => {
  it('gets its arguments and can run other commands', async () => {
    const { code, stdout } = await workspace.start(['greet', 'the', '--world']).result;
    expect(stdout).toBe('hello the --world\n');
    expect(code).toBe(0);
    expect(workspace.read('out/one.txt')).toBe('1\n');
  });

  it.each([
    [['-C', workspace.path]],
    [['--directory', workspace.path]],
    [[`--directory=${workspace.path}`]],
    [[`-C${workspace.path}`]],
  ])('works from outside the workspace, with %j', async (where) => {
    workspace.remove('out');
    const outside = makeWorkspace({});
    const { code, stdout } = await outside.start(['greet', 'all', ...where, 'there']).result;
    expect([code, stdout]).toEqual([0, 'hello all there\n']);
    expect(workspace.read('out/one.txt')).toBe('1\n');
    const nowhere = await outside.start(['greet', '-C', outside.path]).result;
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringContaining(`no pipeline.yaml in ${outside.path}`),
    ]);
  });

  it('works from outside with the folder before it, as all commands do', async () => {
    workspace.remove('out');
    const outside = makeWorkspace({});
    const at = (args: readonly string[]) => outside.start(['-C', workspace.path, ...args]).result;
    expect(await at(['greet', 'all', '-x'])).toMatchObject({ code: 0, stdout: 'hello all -x\n' });
    expect((await at(['status'])).stdout).toMatch(/^one +up to date\n\n1 node: /m);
    expect((await at(['cache', 'stats'])).stdout).toContain('1 result');
    expect((await at(['run', '-C', outside.path])).stderr).toContain('no pipeline.yaml in');
    expect((await at(['--help'])).stdout).toMatch(/greet +greets whoever is named/);
    expect((await at(['hello'])).stderr).toContain("unknown command 'hello'");
    const complete = (words: readonly string[]) =>
      outside.start(['__complete', '--', '-C', ...words]).result;
    expect((await complete(['f'])).stdout).toBe(':files\n');
    expect((await complete([workspace.path, 'gr'])).stdout).toMatch(/^greet\t/m);
    expect((await complete([workspace.path, 'run', 'o'])).stdout).toMatch(/^one\t/);
  });

  it.each([
    ['return 256', 'main of odd.ts returned 256, which is no exit code (0 to 255)'],
    ["return 'done'", 'main of odd.ts returned a string, which is no exit code (0 to 255)'],
    ['await new Promise(() => {})', 'its promise was never settled, and nothing was left'],
  ])('does not pass for a success that it did not tell of: %s', async (text, told) => {
    const odd = makeWorkspace({
      'pipeline.yaml': `version: 1
commands:
  odd: { module: odd.ts }
stages:
  one: { command: "echo 1 > {{ outputs.o }}", outputs: { o: one.txt } }
`,
      'odd.ts': `export async function main() { ${text}; }\n`,
    });
    const { code, stdout, stderr } = await odd.start(['odd']).result;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^pipeline odd: .*\n$/);
    expect(stderr).toContain(told);
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

  describe('that follows runs', () => {
    const followed = makeWorkspace({
      'pipeline.yaml': `
version: 1
params: { text: a }
commands:
  sum: { module: sum.ts, after: [all] }
stages:
  good:
    command: echo {{ text }} > {{ outputs.o }}
    outputs: { o: out/good.txt }
  bad:
    command: test {{ text }} != b && echo fine > {{ outputs.o }}
    outputs: { o: out/bad.txt }
targets: { all: [good, bad] }
`,
      'sum.ts': `
import { writeFileSync } from 'node:fs';
export async function main({ args, workspace, status }) {
  const set = args.flatMap((arg, i) => (args[i - 1] === '--set' ? [arg] : []));
  const nodes = await status(['all'], { set });
  const states = nodes.map(({ node, state }) => node + ' ' + state).join(', ');
  writeFileSync(workspace + '/sum.txt', args.join(' ') + ': ' + states);
  return 3;
}
`,
    });
    const readSum = () => followed.read('sum.txt');

    it('runs at the end of a run of its targets and of everything, with profile and settings', async () => {
      expect(await followed.run(['all'])).toMatchObject({ code: 3, executed: 2 });
      expect(readSum()).toBe('--profile default: good up-to-date, bad up-to-date');
      const { code } = await followed.run(['--quiet', '--set', 'text=c']);
      expect(code).toBe(3);
      expect(readSum()).toBe(
        '--profile default --set text=c --quiet: good up-to-date, bad up-to-date',
      );
    });

    it('runs after a failure, and leaves the exit code to it', async () => {
      const { code } = await followed.run(['all', '--keep-going', '--set', 'text=b']);
      expect(code).toBe(1);
      expect(readSum()).toContain('good up-to-date, bad run');
    });

    it('does not run after others, nor when a run is only planned', async () => {
      followed.remove('sum.txt');
      expect(await followed.run(['good'])).toMatchObject({ code: 0 });
      expect(await followed.run(['all', '--dry-run'])).toMatchObject({ code: 0 });
      expect(followed.exists('sum.txt')).toBe(false);
    });

    it('runs each time that a watch has brought all up to date, and what it says is a warning there', async () => {
      const watching = new Watching(followed, ['--keep-going', '--set', 'text=c']);
      const first = await watching.untilWaiting();
      expect(readSum()).toBe(
        '--profile default --set text=c --quiet: good up-to-date, bad up-to-date',
      );
      const warnings = first.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
      expect(warnings).toEqual(['a command that follows runs has ended with 3']);
      followed.edit('pipeline.yaml', '!= b', '!= c');
      await watching.untilWaiting();
      expect(readSum()).toContain('good up-to-date, bad run');
      expect(await watching.interrupt()).toMatchObject({ code: 130, stderr: '' });
    });

    it('is a mistake in pipeline.yaml where it follows what does not exist', async () => {
      followed.edit('pipeline.yaml', 'after: [all]', 'after: [al]');
      const { code, stderr } = await followed.run();
      expect(code).toBe(2);
      expect(stderr).toContain('pipeline.yaml:5:34: unknown target "al"');
      expect(stderr).toContain('did you mean "all"?');
    });
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

describe('$ of a command', () => {
  const makeCommand = (code: string) =>
    makeWorkspace({
      'pipeline.yaml': `version: 1
commands:
  go: { module: go.ts }
stages:
  one: { command: "echo > {{ outputs.o }}", outputs: { o: out/one.txt } }
`,
      'go.ts': `export async function main({ $ }) { ${code} }`,
    });

  it('runs programs in the workspace and shows their standard error', async () => {
    const there = makeCommand('console.log([(await $`pwd; echo $OWN; echo told >&2`).stdout]);');
    const outside = makeWorkspace({});
    const { result } = outside.start(['go', '-C', there.path], { env: { OWN: 'own' } });
    expect(await result).toMatchObject({
      code: 0,
      stdout: `[ '${there.path}\\nown\\n' ]\n`,
      stderr: 'told\n',
    });
  });

  it('fails the command with the program, how it ended and what it said', async () => {
    const there = makeCommand('await $`echo said >&2; exit 3`.quiet();');
    expect(await there.start(['go']).result).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'pipeline go: the command `echo said >&2; exit 3` exited with status 3\nsaid\n',
    });
  });

  it('ends a group of its own with the command, however that ends', async () => {
    const there = makeCommand('await $({ detached: true })`cat gate; sleep 1000`;');
    there.makeGate('gate');
    const { child, result } = there.start(['go']);
    await (await there.arrival('gate')).close();
    child.kill('SIGKILL');
    await result;
    await there.untilDeserted();
  });
});
