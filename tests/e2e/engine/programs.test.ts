import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../fixtures/project.ts';
import {
  makeWorkspace,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const HEAD = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => /\\/zx\\//.test(path)).length;
`;

/** A workspace of one module stage `one`, whose \`run\` has this code; what it writes is out/one. */
function makeStage(code: string, extra = '', files: Readonly<Record<string, string>> = {}) {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  one: { module: one.mjs, outputs: { o: out/one }${extra} }
`,
    'one.mjs': `${HEAD}
export async function run({ $, outputs, cell, signal }) {
  const write = (value) => writeFileSync(outputs.o, JSON.stringify(value));
  ${code}
}
`,
    ...files,
  });
}

const written = (workspace: Workspace, path = 'out/one') =>
  JSON.parse(workspace.read(path)) as unknown;

/** Runs a workspace's only node. @returns what its log holds */
async function runOne(
  workspace: Workspace,
  expected: 'executed' | 'failed',
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const result = await workspace.run([], { env });
  expect({ [expected]: result[expected], stderr: result.stderr }, result.stdout).toEqual({
    [expected]: 1,
    stderr: '',
  });
  const [log = ''] = workspace.list('.pipeline/runs').filter((path) => path.endsWith('.log'));
  return workspace.read(log);
}

describe('a program that a module runs by $', () => {
  it('gets each argument as it is, and a list as one for each element', async () => {
    const odd = [
      "it's",
      'a "b" $HOME `x` \\ *',
      'two\nlines\ttab',
      '',
      'é',
      '-n',
      "\\'",
      '~',
      '{a,b}',
    ];
    const workspace = makeStage(
      `const odd = JSON.parse(readFileSync('odd.json', 'utf8')); write((await $\`printf '%s|' \${odd} \${odd[0]}x\`).stdout.split('|'));`,
      ', inputs: { odd: odd.json }',
      { 'odd.json': JSON.stringify(odd) },
    );
    await runOne(workspace, 'executed');
    expect(written(workspace)).toEqual([...odd, "it'sx", '']);
  });

  it('begins in the workspace with the declared variables alone, whatever ~/.bashrc says', async () => {
    const home = makeWorkspace({ '.bashrc': 'export FROM_HOME=1; cd /' });
    const workspace = makeStage(
      'for (const each of [await $`pwd; env`, $.sync`pwd; env`, await $({ detached: true })`pwd; env`]) console.log(each.stdout); write((await $`pwd; env`).lines());',
      ', env: [DECLARED]',
    );
    const env = { DECLARED: 'yes', OTHER: 'no', HOME: home.path };
    const log = await runOne(workspace, 'executed', env);
    const [folder, ...variables] = written(workspace) as string[];
    expect(folder).toBe(workspace.path);
    expect(variables).toContain('DECLARED=yes');
    const names = variables.map((line) => line.slice(0, line.indexOf('=')));
    // What bash itself sets, too.
    expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)).sort()).toEqual(
      expect.not.arrayContaining(['OTHER', 'FROM_HOME']),
    );
    expect(log).not.toMatch(/FROM_HOME|OTHER/);
  });

  it('prints into the log of the stage, unless it is quiet or feeds another', async () => {
    const workspace = makeStage(`
      const { stdout, stderr } = await $\`echo out; echo err >&2\`;
      const quiet = await $\`echo quiet; echo quieter >&2\`.quiet();
      const piped = await $\`seq 10\`.pipe\`tail -n 1\`;
      write([stdout, stderr, quiet.text(), piped.stdout, $.sync\`echo at once\`.stdout, await $\`printf '{"a": 1}'\`.json()]);
    `);
    const log = await runOne(workspace, 'executed');
    expect(written(workspace)).toEqual([
      ...['out\n', 'err\n', 'quiet\nquieter\n', '10\n', 'at once\n'],
      { a: 1 },
    ]);
    expect(log.split('\n').sort()).toEqual(['', '10', 'at once', 'err', 'out', '{"a": 1}']);
  });

  it('fails the stage with its command and, once, the end of what it said', async () => {
    for (const quiet of ['', '.quiet()']) {
      const workspace = makeStage(
        `await $\`seq 30 >&2; ls \${'not there'} | cat\`${quiet}; write(1);`,
      );
      const log = await runOne(workspace, 'failed');
      expect(log).toContain("the command `seq 30 >&2; ls $'not there' | cat` exited with status 2");
      expect(log.match(/cannot access 'not there'/g)).toHaveLength(1);
      expect(log).not.toMatch(/\n\s+at |ProcessOutput/);
      expect(log).toContain('\n30\n');
      expect(/^3$/m.test(log), 'all of it was printed').toBe(quiet === '');
    }
  });

  it('fails no stage that expects it', async () => {
    const workspace = makeStage(`
      const caught = await $\`exit 3\`.catch((output) => output);
      let thrown = null;
      try { $.sync\`exit 2\`; } catch (output) { thrown = output.exitCode; }
      write([thrown, caught.exitCode, (await $({ nothrow: true })\`exit 4\`).exitCode, await $\`exit 5\`.exitCode]);
    `);
    await runOne(workspace, 'executed');
    expect(written(workspace)).toEqual([2, 3, 4, 5]);
  });

  it.each([
    [
      'a program that is not there',
      'await $`no-such-program`',
      /exited with status 127: a program in it was not found/,
    ],
    [
      'a variable that is not set',
      'await $`echo $nowhere`',
      /exited with status 1: the variable nowhere is not set/,
    ],
    ['a program that fails at once', '$.sync`exit 6`', /the command `exit 6` exited with status 6/],
    [
      'a folder that is not there',
      "await $({ cwd: 'nowhere' })`true`",
      /the command `true` could not be started/,
    ],
    [
      'the cause of another',
      'await $`exit 7`.catch((cause) => { throw new Error("no luck", { cause }); })',
      /no luck[\s\S]*\[cause\] the command `exit 7` exited with status 7/,
    ],
    [
      'one that feeds another',
      'await $`seq 3; exit 8`.pipe`tr 1 2`.pipe`cat`',
      /the command `seq 3; exit 8 \| tr 1 2 \| cat` exited with status 8/,
    ],
    [
      'one that fails while the stage waits for another',
      'const first = $`exit 9`; await $`sleep 1000`; await first',
      /^the command `exit 9` exited with status 9\n$/,
    ],
    [
      'where it was started, to a stage that catches it',
      'await $`exit 2`.catch(({ message }) => console.log(message)); throw 1',
      /\n\s+at \S*run \(\S*one\.mjs:\d+:\d+\)\n\s+exit code: 2/,
    ],
    [
      'too long a command',
      `await $\`true \${'x'.repeat(300_000)}\``,
      /could not be started: with its arguments it is longer than the system allows/,
    ],
  ])('tells of %s', async (_, code, told) => {
    expect(await runOne(makeStage(code), 'failed')).toMatch(told);
  });

  it('ends with all it has started, when the time of its stage is up', async () => {
    const workspace = makeStage(
      `await $({ detached: cell.i === 2 })\`cat gate-\${cell.i}; sleep 1000 & setsid sleep 1000 & sleep 1000; touch unreachable\`; write(1);`,
      ', matrix: { i: [1, 2] }, timeout: 2s',
    );
    workspace.edit('pipeline.yaml', 'out/one', '"out/{{ i }}"');
    for (const gate of ['gate-1', 'gate-2']) workspace.makeGate(gate);
    const { result } = workspace.start(['run', '--jobs', '2', '--keep-going']);
    await Promise.all(
      ['gate-1', 'gate-2'].map(async (gate) => (await workspace.arrival(gate)).close()),
    );
    const { failed, stdout } = await result;
    expect(failed, stdout).toBe(2);
    expect(workspace.exists('unreachable')).toBe(false);
    await workspace.untilDeserted();
  });

  it('ends by Ctrl-C, and none is started after it', async () => {
    const workspace = makeStage(`
      process.on('exit', () => writeFileSync('started', String(existsSync('late'))));
      await $({ nothrow: true })\`cat gate; sleep 1000\`;
      await $({ nothrow: true })\`touch late\`;
    `);
    workspace.makeGate('gate');
    const { child, result } = workspace.start(['run']);
    await (await workspace.arrival('gate')).close();
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: 130, failed: 0, stderr: '' });
    await workspace.untilDeserted();
    expect(workspace.read('started')).toBe('false');
  });

  it('ends with its stage, where it was left running in a group of its own', async () => {
    const workspace = makeStage(
      "const left = $({ detached: true })`cat gate; sleep 1000`; while (left.pid === undefined) await null; readFileSync('gate-2'); write(1);",
    );
    for (const gate of ['gate', 'gate-2']) workspace.makeGate(gate);
    const { result } = workspace.start(['run']);
    for (const gate of ['gate', 'gate-2']) await (await workspace.arrival(gate)).close();
    // Node waits for it, as for any child process, until the stage calls it off.
    expect(await result).toMatchObject({ code: 0, executed: 1 });
    await workspace.untilDeserted();
  });

  it('shows no secret, in its output or in the command that failed', async () => {
    const secret = 'tok-5f2e "quoted" it\'s $HOME';
    const workspace = makeStage(
      `await $\`echo \${process.env.TOKEN}\`; await $\`false \${process.env.TOKEN}\`;`,
      ', env: [TOKEN]',
    );
    const { stdout } = await workspace.run([], { env: { TOKEN: secret } });
    expect(stdout).toMatch(/the command `false \$'\*+'` exited with status 1/);
    const files = workspace.list('.pipeline').map((path) => workspace.read(path));
    for (const text of [stdout, ...files]) expect(text).not.toContain('tok-5f2e');
  });

  it('can be killed with all it has started, where there is no ps', async () => {
    const workspace = makeStage(`
      const program = $({ nothrow: true })\`sleep 1000 & setsid sleep 1000 & cat gate; wait\`;
      readFileSync('gate-2');
      process.env.PATH = '/nowhere';
      await program.kill('SIGKILL');
      write((await program).signal);
    `);
    for (const gate of ['gate', 'gate-2']) workspace.makeGate(gate);
    const { result } = workspace.start(['run']);
    for (const gate of ['gate', 'gate-2']) await (await workspace.arrival(gate)).close();
    expect(await result).toMatchObject({ code: 0, stderr: '' });
    expect(written(workspace)).toBe('SIGKILL');
    await workspace.untilDeserted();
  });
});

it('the example of the documentation counts words', async () => {
  const text = readFileSync(join(REPOSITORY, 'docs/pipeline-yaml.md'), 'utf8');
  const [, code = ''] = /```ts\n(import type[^`]*\$`sort.*?)```/s.exec(text) ?? [];
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  part: { command: "printf '%s\\n' {{ i }} b > {{ outputs.o }}", matrix: { i: [a, c] }, outputs: { o: "parts/{{ i }} of it" } }
  count: { module: count.ts, inputs: { parts: { from: part, output: o } }, outputs: { counts: counts } }
`,
    'count.ts': code,
  });
  const { executed, stdout } = await workspace.run();
  expect(executed, stdout).toBe(3);
  expect(workspace.read('counts').split(/\s+/)).toEqual(['', '1', 'a', '2', 'b', '1', 'c', '']);
});

describe('$', () => {
  /** Three cells in one worker: what the first two leave to the last. */
  const makeCells = (first: string) =>
    makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  one: { module: one.mjs, matrix: { i: [1, 2, 3] }, outputs: { o: "out/{{ i }}" } }
`,
      'one.mjs': `${HEAD}
export async function run({ $, cell, outputs, ...rest }) {
  const before = loaded();
  const copy = { $, ...rest };
  ${first}
  const result = cell.i === 3 ? await copy.$\`pwd; echo printed\` : null;
  writeFileSync(outputs.o, JSON.stringify([process.pid, before, loaded(), result?.stdout ?? null]));
}
`,
    });

  const runCells = async (workspace: Workspace) => {
    const result = await workspace.run(['--jobs', '1', '--json']);
    expect(result).toMatchObject({ code: 0, executed: 3 });
    const logs = parseEvents(result).flatMap((event) =>
      event.type === 'node-started' ? [workspace.read(event.log)] : [],
    );
    const cells = [1, 2, 3].map((i) => written(workspace, `out/${i}`) as (number | string)[]);
    expect(new Set(cells.map(([pid]) => pid)).size, 'one worker').toBe(1);
    return { logs, cells: cells.map(([, ...rest]) => rest) };
  };

  it('loads zx when it is used, not when a stage takes its context apart', async () => {
    const workspace = makeCells('');
    const { cells, logs } = await runCells(workspace);
    expect(cells).toEqual([
      [0, 0, null],
      [0, 0, null],
      [0, expect.toSatisfy((count: number) => count > 0), `${workspace.path}\nprinted\n`],
    ]);
    expect(logs).toEqual(['', '', `${workspace.path}\nprinted\n`]);
  });

  it('has in a worker that is used again nothing of what an earlier stage has set', async () => {
    const workspace = makeCells(
      "if (cell.i < 3) Object.assign($, { cwd: '/', verbose: false, prefix: 'exit 1;', env: {} });",
    );
    const { cells, logs } = await runCells(workspace);
    expect(cells.at(-1)?.at(-1)).toBe(`${workspace.path}\nprinted\n`);
    expect(logs).toEqual(['', '', `${workspace.path}\nprinted\n`]);
  });

  it('is no undeclared access itself, and what it runs is told to be unaudited where that counts', async () => {
    const workspace = makeStage(
      "readFileSync('words'); write((await $`cat other; echo 1`).text());",
      ', inputs: { words: words }',
      { words: '', other: '', 'bin/x': '' },
    );
    const env = { PATH: `${workspace.path}/bin:${process.env['PATH'] ?? ''}` };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr, executed } = await workspace.run(args, { env });
      expect([code, stderr]).toEqual([0, '']);
      return { executed, told: stdout.match(/\[warning\].*/g) ?? [] };
    };
    const told = ['[warning] one: what the programs do that it runs by $ is not audited'];
    expect(await run()).toEqual({ executed: 1, told: [] });
    expect(await run('--strict')).toEqual({ executed: 0, told });
    expect(await run('--strict', '--force')).toEqual({ executed: 1, told });
    workspace.edit('one.mjs', "readFileSync('words')", "readFileSync('other')");
    const { failed, stdout } = await workspace.run(['--strict'], { env });
    expect([failed, stdout]).toEqual([1, expect.stringContaining('reads other')]);
  });

  it('is found where bash is in no folder of PATH', async () => {
    const workspace = makeStage('write((await $`echo 1`).stdout);');
    if (!existsSync('/bin/bash')) return;
    await runOne(workspace, 'executed', { PATH: '/nowhere' });
    expect(written(workspace)).toBe('1\n');
  });
});
