import { afterAll, describe, expect, it } from 'vitest';
import {
  loadFirst,
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** A stack trace of ours has nothing to say to a user. */
const STACK = /\n\s+at .*[:(]\d+:\d+/;

describe('a value that no command can be given', () => {
  it.each([
    ['a parameter', 'params: {sep: "\\0"}', 'echo {{ sep }}'],
    ['the command itself', '', '"printf \\0"'],
  ])(
    'is a mistake with its place, not a run in which nothing happens: %s',
    async (_, head, command) => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
${head}
stages:
  a: { command: ${command.startsWith('"') ? command : `"${command} > {{ outputs.o }}"`}, outputs: { o: a.txt } }
  c: { command: "cp {{ inputs.i }} {{ outputs.o }}", inputs: { i: { from: a, output: o } }, outputs: { o: c.txt } }
`,
      });
      for (const args of [['run'], ['run', '--json'], ['status']]) {
        const { code, stdout, stderr } = await workspace.start(args).result;
        expect(code).toBeGreaterThan(0);
        expect(`${stdout}${stderr}`).toMatch(/(?=.*pipeline\.yaml).*NUL character/s);
        expect(`${stdout}${stderr}`).not.toMatch(STACK);
      }
    },
  );
});

describe('parameters that a stage wrote and that cannot be read', () => {
  const texts = {
    'an unknown alias': 'glob: *.csv\n',
    'a list': '- 1\n',
    'no YAML': 'a: [1\n',
    'an alias that grows without end': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
      .split('')
      .map((name, i) => {
        const above = 'abcdefghij'[i];
        return `${name}: &${name} [${`*${above},`.repeat(9)}]\n`;
      })
      .join('')}`,
  };

  it.each(Object.entries(texts))(
    'fail the stage that reads them, with the place: %s',
    async (_, text) => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
stages:
  cfg: { command: "cp {{ inputs.i }} {{ outputs.o }}", inputs: { i: text }, outputs: { o: c.yaml } }
  use: { command: "echo {{ name }} > {{ outputs.o }}", inputs: { c: { from: cfg, output: o, as: params } }, outputs: { o: use.txt } }
  after: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: use, output: o } }, outputs: { o: after.txt } }
  other: { command: "sleep 0.3; echo 1 > {{ outputs.o }}", outputs: { o: other.txt } }
`,
        text,
      });
      const run = await workspace.run(['--keep-going', '--json']);
      expect(run).toMatchObject({ code: 1, executed: 2, failed: 1, stderr: '' });
      const events = parseEvents(run);
      expect(nodesThat(events, 'failed')).toEqual(['use']);
      expect(nodesThat(events, 'skipped')).toEqual(['after']);
      const failed = events.find(({ type }) => type === 'node-failed');
      expect(failed).toMatchObject({ message: expect.stringMatching(/^c\.yaml:\d+/) as string });
      expect(workspace.read('other.txt')).toBe('1\n');
      for (const args of [['status'], ['plan'], ['why', 'use'], ['graph'], ['status', '--json']]) {
        const { code, stdout, stderr } = await workspace.start(args).result;
        expect({ args, code }).toEqual({ args, code: 2 });
        expect(`${stdout}${stderr}`).toContain('c.yaml');
        expect(`${stdout}${stderr}`).not.toMatch(STACK);
      }
      workspace.write('text', 'k: 1\n');
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 3, cached: 1 });
    },
  );
});

describe('an error that nobody foresaw', () => {
  /** Makes looking at one file of the workspace throw what a bug of ours would. */
  const BUG = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  for (const name of ['openSync', 'statSync', 'lstatSync']) {
    const call = fs[name];
    fs[name] = (path, ...rest) => {
      if (String(path).endsWith('/cursed')) throw new TypeError('a bug to be told');
      return call(path, ...rest);
    };
  }
  syncBuiltinESMExports();
}
`;

  it('fails its node with a place and the file of its stack trace, and is told by all who look', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  made: { command: "echo 1 > {{ outputs.o }}", outputs: { o: made } }
  bad:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: folder }
    outputs: { o: bad }
  below: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: bad, output: o } }, outputs: { o: below } }
`,
      'folder/cursed': '',
      'bug.mjs': BUG,
    });
    const env = { ...loadFirst(`${workspace.path}/bug.mjs`), TMPDIR: workspace.path };
    const run = await workspace.run(['--keep-going', '--json'], { env });
    expect(run).toMatchObject({ code: 1, executed: 1, failed: 1, stderr: '' });
    const failed = parseEvents(run).find(({ type }) => type === 'node-failed');
    expect(failed).toMatchObject({
      node: 'bad',
      message: expect.stringMatching(
        /^pipeline\.yaml:4:3: bad cannot be looked at: a bug of pipeline itself.*a bug to be told.*errors\.log$/,
      ) as string,
    });
    const [log = ''] = workspace
      .list('.pipeline/runs')
      .filter((path) => path.endsWith('errors.log'));
    expect(workspace.read(log)).toMatch(/TypeError: a bug to be told\n\s+at /);
    for (const args of [['status'], ['plan'], ['why', 'bad'], ['graph']]) {
      const { code, stdout, stderr } = await workspace.start(args, { env }).result;
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toMatch(/pipeline\.yaml:4:3: bad cannot be looked at/);
      expect(`${stdout}${stderr}`).not.toMatch(STACK);
    }
    const watch = workspace.start(['watch', '--json'], {
      env,
      onEvent: (event) => {
        const isToldOf = event.type === 'watch' && event.state === 'waiting';
        if (isToldOf) watch.child.kill('SIGINT');
      },
    });
    const watched = await watch.result;
    expect(watched.code).toBe(130);
    expect(watched.stdout).toContain('a bug to be told');
  });
});

describe('a fault beside the nodes of a run', () => {
  it('is told and takes neither results nor exit code with it', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "echo 1 > {{ outputs.o }}", outputs: { o: a.txt } }
`,
      '.pipeline/leases': 'no folder',
    });
    const run = await workspace.run(['--keep-going']);
    expect(run).toMatchObject({ code: 1, failed: 1, stderr: '' });
    expect(run.stdout).toMatch(/\[failed\] a .*ENOTDIR/);
    expect(run.stdout).toMatch(/\[warning\] .*in their places: ENOTDIR/);
  });

  it('that leaves nothing to wait for ends the program with a word, not with 0', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "echo 1 > {{ outputs.o }}", outputs: { o: a.txt } }
`,
      // What a run waits for never comes.
      'lost.mjs': `Promise.race = () => new Promise(() => {});
`,
    });
    const env = loadFirst(`${workspace.path}/lost.mjs`);
    const { code, stderr } = await workspace.start(['run'], { env }).result;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^pipeline: a bug of pipeline itself.*ended early\n$/,
      ) as string,
    });
  });

  it('is told of without an end where a result is made again and the run is interrupted', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "cat gate > {{ outputs.o }}", outputs: { o: a.txt } }
`,
      gate: 'text',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    workspace.remove('gate');
    workspace.makeGate('gate');
    const { child, result } = workspace.start(['run', '--recheck', '1']);
    const gate = await workspace.arrival('gate');
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: 130, cached: 1, failed: 0, stderr: '' });
    expect((await result).stdout).not.toContain('[failed]');
    await gate.close();
  });
});

describe('what is no file where a file is named', () => {
  it('is a mistake with its place, and nothing waits for a pipe to be written', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
commands:
  c: { module: pipe, description: does nothing }
stages:
  a: { module: pipe, outputs: { o: a.txt } }
  b: { template: pipe, outputs: { o: b.txt } }
  d: { template: folder, outputs: { o: d.txt } }
  e: { module: absent.ts, outputs: { o: e.txt } }
`,
      'folder/x': '',
    });
    workspace.makeGate('pipe');
    const { code, stderr } = await workspace.start(['run']).result;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^pipeline\.yaml:3:16: the module "pipe" of command "c" is a pipe/m);
    expect(stderr).toMatch(/^pipeline\.yaml:5:16: the module "pipe" of stage "a" is a pipe/m);
    expect(stderr).toMatch(/^pipeline\.yaml:6:18: the template "pipe" of stage "b" is a pipe/m);
    expect(stderr).toMatch(/^pipeline\.yaml:7:18: the template "folder" of stage "d" is a folder/m);
    expect(stderr).toMatch(/^pipeline\.yaml:8:16: the module "absent.ts" of stage "e" does not/m);

    for (const make of ['makeGate', 'folder'] as const) {
      workspace.remove('pipeline.yaml');
      if (make === 'makeGate') workspace.makeGate('pipeline.yaml');
      else workspace.write('pipeline.yaml/x', '');
      const status = await workspace.start(['status']).result;
      expect(status.code).toBe(2);
      expect(status.stderr).toMatch(/^pipeline\.yaml: .*\/pipeline\.yaml is no file\n/);
    }
  });
});

describe('a folder or program that a run needs and that is not there', () => {
  const PIPELINE = `version: 1
stages:
  a: { command: "cat gate > {{ outputs.o }}", outputs: { o: a.txt } }
`;

  it('is named: bash, and the folder in which the command was started', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, gate: '' });
    const noPath = workspace.run([], { env: { PATH: workspace.path } });
    expect((await noPath).stdout).toContain('bash was not found in the folders of PATH');
    const leave = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    const within = ['sh', '-c', leave, 'sh'];
    const run = await workspace.start(['run'], { within }).result;
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^pipeline: the folder in which this was started is gone/);
    const help = await workspace.start(['--help'], { within }).result;
    expect(help).toMatchObject({ code: 0, stderr: '' });
    const named = await workspace.start(['run', '-C', workspace.path], { within }).result;
    expect(named).toMatchObject({ code: 0, executed: 1 });
  });
});
