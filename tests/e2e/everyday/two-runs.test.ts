import { hostname } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../pipeline/progress/events.ts';
import { endWatching, Watching } from '../../fixtures/watching.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);
// Hooks run last to first.
afterAll(endWatching);

/**
 * `prep` writes `n`; each of `train` waits at its gate, where there is one, before it reads that: the
 * gate of n = 1 is gate-1. `sum` adds up what they have read.
 */
function makeTrainings(): Workspace {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { n: 1 }
profiles: { one: {}, two: { params: { n: 2 } } }
stages:
  prep: { command: "mkdir -p {{ outputs.d }}/deep; echo {{ n }} > {{ outputs.f }}; echo {{ n }} > {{ outputs.d }}/deep/n", outputs: { f: out/prep.txt, d: out/prep } }
  train:
    matrix: { k: [1, 2] }
    command: "echo {{ k }} > /dev/null; n=$(cat out/prep.txt); if [ -p gate-$n-{{ k }} ]; then cat gate-$n-{{ k }}; fi; cat out/prep.txt out/prep/deep/n > {{ outputs.o }}"
    inputs: { f: { from: prep, output: f }, d: { from: prep, output: d } }
    outputs: { o: "out/train-{{ k }}.txt" }
  sum:
    command: "cat {{ inputs.t }} > {{ outputs.o }}"
    inputs: { t: { from: train, output: o } }
    outputs: { o: out/sum.txt }
`,
  });
  return workspace;
}

/** What a run of some settings would have in the workspace, by putting it there. */
async function read(workspace: Workspace, args: readonly string[]): Promise<string> {
  expect(await workspace.run(args)).toMatchObject({ code: 0, executed: 0, failed: 0 });
  const [prep, sum] = ['out/prep.txt', 'out/sum.txt'].map((path) => workspace.read(path));
  return `${prep}|${sum}`.replaceAll('\n', '');
}

/** Until a run waits for a stage of another one. */
function startAndAwaitWait(workspace: Workspace, args: readonly string[]) {
  let told = (_: RunEvent) => {};
  const waits = new Promise<RunEvent>((resolve) => {
    told = resolve;
  });
  const onEvent = (event: RunEvent) => {
    if (event.type === 'node-waiting') told(event);
  };
  const { result } = workspace.start(['run', '--json', ...args], { onEvent });
  return { result, waits };
}

describe('two runs with different settings in one workspace', () => {
  it.concurrent.each<[string, readonly string[]]>([
    ['settings', ['--set', 'n=2']],
    ['profiles', ['--profile', 'two']],
  ])(
    'lose no work and mix no results, though their outputs have the same places: %s',
    async (_, other) => {
      const workspace = makeTrainings();
      workspace.makeGate('gate-1-1');
      workspace.makeGate('gate-2-2');
      const first = workspace.run(['--json', '--jobs', '1']);
      const gate = await workspace.arrival('gate-1-1');
      const { waits, result: second } = startAndAwaitWait(workspace, other);
      expect(await waits).toMatchObject({ host: hostname(), path: 'out/prep.txt' });
      // The stage that waits at the gate has its inputs as they were.
      expect(workspace.read('out/prep.txt')).toBe('1\n');
      await gate.close();
      // Whoever comes first, both have to do with the places of the other.
      await (await workspace.arrival('gate-2-2')).close();
      for (const result of await Promise.all([first, second])) {
        expect({ ...result, stdout: '' }).toMatchObject({
          code: 0,
          executed: 4,
          failed: 0,
          stderr: '',
        });
      }
      expect(await read(workspace, other)).toBe('2|2222');
      expect(await read(workspace, [])).toBe('1|1111');
      expect(workspace.cacheFaults()).toEqual([]);
      expect(workspace.list('.pipeline/leases')).toEqual([]);
      expect(workspace.list('.pipeline/kept')).toEqual([]);
    },
  );

  it.concurrent('tell what of the other stands in the workspace in the end', async () => {
    const workspace = makeTrainings();
    workspace.makeGate('gate-1-1');
    const first = workspace.run(['train/1']);
    const gate = await workspace.arrival('gate-1-1');
    const second = await workspace.run(['prep', '--set', 'n=2']);
    expect(second).toMatchObject({ code: 0, executed: 1 });
    expect(second.stdout).toContain('at out/prep.txt, out/prep stand results of another run');
    await gate.close();
    expect(await first).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.read('out/train-1.txt')).toBe('1\n1\n');
    expect(await workspace.run(['prep', '--set', 'n=2'])).toMatchObject({ code: 0, cached: 1 });
    expect(workspace.read('out/prep/deep/n')).toBe('2\n');
  });

  it.concurrent('go on where the other is killed', async () => {
    const workspace = makeTrainings();
    workspace.makeGate('gate-1-1');
    const { child, result: killed } = workspace.start(['run', 'train/1']);
    const gate = await workspace.arrival('gate-1-1');
    const { waits, result } = startAndAwaitWait(workspace, ['train/1', '--set', 'n=2']);
    await waits;
    child.kill('SIGKILL');
    await killed;
    expect(await result).toMatchObject({ code: 0, executed: 2 });
    await gate.close();
    expect(workspace.read('out/train-1.txt')).toBe('2\n2\n');
  });

  it.concurrent('do so where one of them is a watch', async () => {
    const workspace = makeTrainings();
    workspace.makeGate('gate-1-1');
    const watching = new Watching(workspace, ['train/1']);
    const gate = await workspace.arrival('gate-1-1');
    const { waits, result } = startAndAwaitWait(workspace, ['train/1', '--set', 'n=2']);
    await waits;
    await gate.close();
    expect(await watching.untilDone()).toMatchObject({ executed: ['prep', 'train/1'], failed: [] });
    expect(await result).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.read('out/train-1.txt')).toBe('2\n2\n');
    workspace.edit('pipeline.yaml', '{ n: 1 }', '{ n: 3 }');
    expect(await watching.untilDone()).toMatchObject({ executed: ['prep', 'train/1'], failed: [] });
    expect(workspace.read('out/train-1.txt')).toBe('3\n3\n');
    await watching.interrupt();
  });
});
