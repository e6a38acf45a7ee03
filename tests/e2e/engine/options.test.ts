import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const journalStage = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  appendFileSync(c.workspace + '/journal', '+' + c.node + '\\n');
  for (const other of c.params.meets ?? []) {
    while (!readFileSync(c.workspace + '/journal', 'utf8').includes('+' + other + '\\n')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  appendFileSync(c.workspace + '/journal', '-' + c.node + '\\n');
  writeFileSync(c.outputs.o, JSON.stringify({ cpus: c.cpus, offline: c.offline }));
}
`;

/** How many nodes the journal shows between their start and their end at once, at most. */
function peakOf(workspace: Workspace): number {
  let now = 0;
  let peak = 0;
  for (const line of workspace.read('journal').trim().split('\n')) {
    now += line.startsWith('+') ? 1 : -1;
    peak = Math.max(peak, now);
  }
  workspace.remove('journal');
  return peak;
}

describe('--jobs and resources', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { meets: [] }
stages:
  a: { module: s.ts, matrix: { i: [1, 2, 3, 4] }, params: [meets], outputs: { o: "out/{{ name }}" } }
  wide: { module: s.ts, matrix: { i: [1, 2] }, params: [meets], outputs: { o: "wide/{{ name }}" }, resources: { cpus: 2 } }
  heavy: { module: s.ts, matrix: { i: [1, 2] }, params: [meets], outputs: { o: "heavy/{{ name }}" }, resources: { memory: 900TB } }
  gpu: { module: s.ts, params: [meets], outputs: { o: gpu }, resources: { gpus: 99 } }
`,
    's.ts': journalStage,
  });

  it('runs as many at once as there are jobs: four that wait for each other need four', async () => {
    const all = '[a/1, a/2, a/3, a/4]';
    const result = await workspace.run(['a', '--jobs', '4', '--set', `meets=${all}`]);
    expect(result).toMatchObject({ code: 0, executed: 4 });
    expect(peakOf(workspace)).toBe(4);
  });

  it('runs one at a time with --jobs 1', async () => {
    expect((await workspace.run(['a', '--jobs', '1', '--force'])).executed).toBe(4);
    expect(peakOf(workspace)).toBe(1);
  });

  it('never runs more than the CPUs or the memory allow, and what asks for too much runs alone', async () => {
    expect((await workspace.run(['wide', '--jobs', '3'])).executed).toBe(2);
    expect(peakOf(workspace)).toBe(1);
    expect((await workspace.run(['heavy', '--jobs', '4'])).executed).toBe(2);
    expect(peakOf(workspace)).toBe(1);
    expect(JSON.parse(workspace.read('wide/1'))).toEqual({ cpus: 2, offline: false });
    expect((await workspace.run(['wide/1', '--jobs', '1', '--offline', '--force'])).executed).toBe(
      1,
    );
    expect(JSON.parse(workspace.read('wide/1'))).toEqual({ cpus: 1, offline: true });
  });

  it('says so where a machine has too few GPUs', async () => {
    const { code, stdout, stderr } = await workspace.run(['gpu', 'a', '--gpus', '0,1']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('pipeline.yaml:7:');
    expect(stderr).toContain('stage "gpu" needs 99 GPUs, and this run may use 2');
  });
});

describe('the other options of run', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
profiles:
  plain: {}
  noted: { description: the data is synthetic }
stages:
  a: { template: a.njk, outputs: { o: out/a } }
  b: { template: a.njk, needs: [a], outputs: { o: out/b } }
  c: { template: c.njk, outputs: { o: out/c } }
targets:
  both: [b]
`,
    'a.njk': 'text',
    'c.njk': 'other',
  });
  beforeAll(async () => {
    expect(await workspace.run(['both'])).toMatchObject({ code: 0, executed: 2, cached: 0 });
  });

  it('--dry-run says what would be done and does nothing', async () => {
    workspace.remove('out/b');
    const { code, stdout } = await workspace.run(['--dry-run', '-v']);
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, 3)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['a', 'up to date'],
      ['c', 'will run', 'for an unknown time'],
      ['b', 'cached, to be put back in place'],
    ]);
    expect(workspace.list('out')).toEqual(['out/a']);
    expect(
      workspace.list('.pipeline/runs').filter((path) => path.endsWith('events.jsonl')),
    ).toHaveLength(1);
    expect((await workspace.run(['--dry-run', '--force'])).stdout).toContain('3 nodes: 3 will run');
    expect(workspace.exists('.pipeline/tmp') && workspace.list('.pipeline/tmp')).toEqual([]);
    expect(await workspace.run(['both'])).toMatchObject({ executed: 0, cached: 2 });
    expect(workspace.read('out/b')).toBe('text');
  });

  it('--force runs what is cached, and only what is asked for', async () => {
    expect(await workspace.run(['a', '--force'])).toMatchObject({ executed: 1, cached: 0 });
    expect(await workspace.run(['both'])).toMatchObject({ executed: 0, cached: 2 });
  });

  it('--force-targets runs what is named, and of what that needs only what has to', async () => {
    const chain = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  train: { command: "echo x >> trained; echo 1 > {{ outputs.o }}", outputs: { o: model } }
  plot: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: train, output: o } }, outputs: { o: figure } }
  page: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: plot, output: o } }, outputs: { o: page } }
targets: { drawn: [plot] }
`,
    });
    await chain.run();
    const dry = await chain.start(['run', 'page', '--dry-run', '--force-targets']).result;
    expect(dry.stdout).toContain('1 will run');
    for (const target of ['plot', 'drawn']) {
      expect(await chain.run([target, '--force-targets'])).toMatchObject({
        executed: 1,
        cached: 1,
      });
    }
    expect(chain.read('trained')).toBe('x\n');
    // What has no result runs as ever.
    chain.edit('pipeline.yaml', 'echo 1', 'echo 2');
    const { stdout } = await chain.run(['page', '--force-targets', '--explain']);
    expect(stdout).toContain('3 executed');
    expect(await chain.run(['--force-targets'])).toMatchObject({ executed: 3 });
    expect(await chain.run(['--force', '--force-targets'])).toMatchObject({ code: 2 });
  });

  it('--json prints every event as a line, the last one with the counts', async () => {
    const result = await workspace.run(['both', '--json', '--force', '--profile', 'noted']);
    const events = parseEvents(result);
    expect(events.at(0)).toMatchObject({
      type: 'run-started',
      targets: ['both'],
      profile: 'noted',
      notice: 'the data is synthetic',
      nodes: 2,
      offline: false,
      trackers: [],
    });
    expect(nodesThat(events, 'executed')).toEqual(['a', 'b']);
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', executed: 2, failed: 0 });
    const [first] = events;
    const folder = first?.type === 'run-started' ? first.runFolder : '';
    expect(workspace.read(`${folder}/events.jsonl`)).toBe(result.stdout);
  });

  it('--quiet prints nothing when all goes well', async () => {
    expect(await workspace.run(['both', '--quiet'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('status --json lists every node with its state, whatever was asked to run', async () => {
    const nodes = await workspace.status();
    expect(nodes.map(({ node, state }) => [node, state])).toEqual([
      ['a', 'up-to-date'],
      ['c', 'run'],
      ['b', 'up-to-date'],
    ]);
    expect(nodes.every(({ fingerprint }) => /^[0-9a-f]{64}$/.test(fingerprint ?? ''))).toBe(true);
    expect((await workspace.status(['c'])).map(({ node }) => node)).toEqual(['c']);
  });

  it('status into a pipe that is closed early ends without an error', async () => {
    const { child, result } = workspace.start(['status', '--json']);
    child.stdout?.destroy();
    expect(await result).toMatchObject({ stderr: '' });
  });

  it.each([[['--help']], [['run', '--help']], [['status', '--help']], [['help', 'run']]])(
    'help is printed and ends with 0: %j',
    async (args) => {
      const { code, stdout } = await workspace.start(args).result;
      expect(code).toBe(0);
      expect(stdout).toContain('Usage: pipeline');
    },
  );
});
