import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { FIGURE_FILES } from '../../fixtures/figure-pipeline.ts';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const hasStrace = spawnSync('strace', ['-V']).status === 0;

describe('what a failed stage wrote', () => {
  it('is kept where the failure says, until the next success', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a:
    command: mkdir {{ outputs.folder }}; cat say > {{ outputs.folder }}/log; echo part > {{ outputs.file }}; grep good say
    inputs: { say: say }
    outputs: { file: out/a.txt, folder: out/a }
  late: { command: "sleep 60 & echo part > {{ outputs.o }}; wait", outputs: { o: late.txt }, timeout: 0.5s }
  silent: { command: "exit 3", outputs: { o: silent.txt } }
  none: { command: "echo x > {{ outputs.one }}", outputs: { one: one, two: two } }
`,
      say: 'first\n',
    });
    const { stdout } = await workspace.run(['--keep-going']);
    expect(stdout).toContain('[failed] a: what it wrote is in .pipeline/failed/a\n');
    expect(workspace.read('.pipeline/failed/a/file/a.txt')).toBe('part\n');
    expect(workspace.read('.pipeline/failed/a/folder/a/log')).toBe('first\n');
    expect(workspace.read('.pipeline/failed/late/o/late.txt')).toBe('part\n');
    expect(workspace.read('.pipeline/failed/none/one/one')).toBe('x\n');
    expect(stdout).not.toContain('silent: what it wrote');
    // Nothing of it counts as an output.
    expect(workspace.names('out')).toEqual([]);
    workspace.write('say', 'second\n');
    const events = parseEvents(await workspace.run(['a', '--json']));
    expect(events.find(({ type }) => type === 'node-failed')).toMatchObject({
      node: 'a',
      kept: '.pipeline/failed/a',
    });
    expect(workspace.read('.pipeline/failed/a/folder/a/log')).toBe('second\n');
    workspace.write('say', 'good\n');
    expect(await workspace.run(['a'])).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.names('.pipeline/failed')).toEqual(['late', 'none']);
    const collected = await workspace.start(['cache', 'gc']).result;
    expect(collected.stdout).toContain('2 failed attempt');
    expect(workspace.names('.pipeline/failed')).toEqual([]);
    expect(workspace.read('out/a/log')).toBe('good\n');
  });
});

describe('{{ scratch }} in a command', () => {
  it('is a folder that outlives a failed attempt at the same work, and goes with its success', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  train:
    command: |
      echo epoch >> {{ scratch }}/check points
      cp {{ scratch }}/check {{ outputs.o }}
      [ $(wc -l < {{ outputs.o }}) -eq 4 ]
    outputs: { o: model }
    retries: { attempts: 1, backoff: 0.01s }
`,
    });
    expect(await workspace.run()).toMatchObject({ code: 1 });
    const [fingerprint = ''] = workspace.names('.pipeline/scratch');
    expect((await workspace.status())[0]).toMatchObject({ fingerprint, state: 'run' });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.read('model')).toBe('epoch points\n'.repeat(4));
    expect(workspace.names('.pipeline/scratch')).toEqual([]);
    // Where the workspace is decides nothing.
    const elsewhere = makeWorkspace({ 'pipeline.yaml': workspace.read('pipeline.yaml') });
    expect((await elsewhere.status())[0]).toMatchObject({ fingerprint });
  });

  it('is the parameter or axis of that name where there is one', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { scratch: mine }
stages: { a: { command: "echo {{ scratch }} > {{ outputs.o }}", outputs: { o: a.txt } } }
`,
    });
    expect(await workspace.run()).toMatchObject({ code: 0 });
    expect(workspace.read('a.txt')).toBe('mine\n');
    expect(await workspace.run(['--set', 'scratch=other'])).toMatchObject({ code: 0, executed: 1 });
  });
});

describe('a stage that writes into its input', () => {
  it('is named together with those that may have done it, and what to do is said', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  writer: { command: "cat gate.1; echo 2 >> {{ inputs.i }}; cat gate.2 > {{ outputs.o }}", inputs: { i: in.txt }, outputs: { o: writer.txt } }
  reader: { command: "cat {{ inputs.i }} gate.3 > {{ outputs.o }}", inputs: { i: in.txt }, outputs: { o: reader.txt } }
  module: { module: write.mjs, inputs: { i: own }, outputs: { o: module.txt } }
  other: { command: "cat gate.4 > {{ outputs.o }}", outputs: { o: other.txt } }
`,
      'write.mjs': `import { appendFileSync, writeFileSync } from 'node:fs';
export const run = ({ inputs, outputs }) => {
  writeFileSync(outputs.o, '');
  appendFileSync(inputs.i[0].path + '/list', 'more');
};
`,
      'in.txt': '1\n',
      'own/list': '',
    });
    const gates = ['gate.1', 'gate.2', 'gate.3', 'gate.4'];
    for (const gate of gates) workspace.makeGate(gate);
    const running = workspace.run(['--keep-going', '--jobs', '4', '--json']);
    const opened = await Promise.all(
      ['gate.1', 'gate.3', 'gate.4'].map((gate) => workspace.arrival(gate)),
    );
    await opened[0]?.close();
    const second = await workspace.arrival('gate.2');
    await Promise.all([...opened.slice(1), second].map((gate) => gate.close()));
    const events = parseEvents(await running);
    expect(nodesThat(events, 'failed').sort()).toEqual(['module', 'reader', 'writer']);
    const told = new Map(
      events.flatMap((event): [string, string][] =>
        event.type === 'node-failed' ? [[event.node, event.message]] : [],
      ),
    );
    expect(told.get('reader')).toMatch(
      /^its input in\.txt changed while it ran.* or writer, which/,
    );
    expect(told.get('writer')).toMatch(
      /^its input in\.txt changed while it ran.* or reader, which/,
    );
    for (const node of ['reader', 'writer']) {
      expect(told.get(node)).toContain('or to a copy');
      expect(told.get(node)).toContain('run --audit');
    }
    expect(told.get('module')).toMatch(/^its input own .*: it wrote into that itself\./);
  });

  it.skipIf(!hasStrace)('is found by --audit where it is a command (needs strace)', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  writer: { command: "echo 2 >> {{ inputs.i }}; echo 1 > {{ outputs.o }}", inputs: { i: in.txt }, outputs: { o: writer.txt } }
`,
      'in.txt': '1\n',
    });
    const { stdout } = await workspace.run(['--audit']);
    expect(stdout).toMatch(/in\.txt changed while it ran.*: it wrote into that itself\./);
  });
});

describe('another way to start an attempt, or to find one', () => {
  const edits = {
    measure: `import { existsSync } from 'node:fs';
export async function run({ cell, params, outputs, scratch }) {
  if (!existsSync(scratch + '/tried')) {
    writeFileSync(scratch + '/tried', '');
    console.log('boom on the first attempt');
    process.exit(1);
  }
`,
  };

  function makeFigure(): Workspace {
    const workspace = makeWorkspace(FIGURE_FILES);
    const head = 'export async function run({ cell, params, outputs }) {\n';
    workspace.edit('measure.mjs', head, edits.measure);
    workspace.edit(
      'pipeline.yaml',
      'module: measure.mjs\n',
      'module: measure.mjs\n    retries: { attempts: 1, backoff: 0.01s }\n',
    );
    workspace.edit('pipeline.yaml', 'module: plot.mjs\n', 'module: plot.mjs\n    timeout: 1s\n');
    workspace.edit(
      'plot.mjs',
      'export async function run({ node, inputs, outputs }) {\n',
      `import { existsSync } from 'node:fs';
export async function run({ node, inputs, outputs, workspace }) {
  while (existsSync(workspace + '/hang')) await new Promise((done) => setTimeout(done, 10));
`,
    );
    return workspace;
  }

  it('shows in trace the log of the attempt that made the result, and keeps to time limits in verify', async () => {
    const workspace = makeFigure();
    expect(await workspace.run()).toMatchObject({ code: 0 });
    const traced = await workspace.start(['trace', 'small/figure.svg', '--json']).result;
    const logs = [...new Set(traced.stdout.match(/\.pipeline\/runs\/[^"]*\/measure--[^"]*/g))];
    expect(logs).toHaveLength(3);
    for (const log of logs) {
      expect(log).toMatch(/\.attempt-2\.log$/);
      expect(workspace.read(log)).toMatch(/^measured \d\n$/);
    }
    workspace.write('hang', '');
    const verified = await workspace.start(['verify', 'small/figure.svg']).result;
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain('timed out after 1s: stage plot');
    workspace.remove('hang');
    expect(await workspace.start(['verify', 'small/figure.svg']).result).toMatchObject({ code: 0 });
  });

  it('takes a file by any of its names: from another folder, or by a link to the workspace', async () => {
    const workspace = makeFigure();
    expect(await workspace.run()).toMatchObject({ code: 0 });
    workspace.write('outside/x', '');
    const link = `${workspace.path}/outside/link`;
    symlinkSync(workspace.path, link);
    const figure = 'small/figure.svg';
    for (const command of ['verify', 'trace']) {
      const [byLink, byFolder] = await Promise.all([
        workspace.start([command, `${link}/${figure}`]).result,
        workspace.start([command, figure, '-C', workspace.path], { within: ['env', '-C', '/'] })
          .result,
      ]);
      expect(byLink).toMatchObject({ code: 0, stderr: '' });
      expect(byFolder).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

describe('nodes whose names differ in a slash and dashes alone', () => {
  it('have logs of their own, and what they wrote is kept apart', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "echo of the cell > {{ outputs.o }}; cat {{ outputs.o }}; exit 3", matrix: { m: [b] }, outputs: { o: "o/{{ m }}" } }
  a--b: { command: "echo of the stage > {{ outputs.o }}; cat {{ outputs.o }}; exit 4", outputs: { o: ab } }
`,
    });
    const run = await workspace.run(['--keep-going', '--json']);
    const failures = parseEvents(run).filter((event) => event.type === 'node-failed');
    const told = failures.map(({ node, logTail, kept }) => {
      const [path = ''] = workspace.list(kept ?? '');
      return { node, said: logTail[0], wrote: workspace.read(path) };
    });
    expect(told.toSorted((one, other) => (one.node < other.node ? -1 : 1))).toEqual([
      { node: 'a--b', said: 'of the stage', wrote: 'of the stage\n' },
      { node: 'a/b', said: 'of the cell', wrote: 'of the cell\n' },
    ]);
  });
});
