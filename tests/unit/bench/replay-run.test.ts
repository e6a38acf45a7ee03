import { describe, expect, it } from 'vitest';
import { factorOf, listPastRuns, replayRun, type Told } from '../../../bench/replay-run.ts';
import type { RunEvent } from '../../../pipeline/progress/events.ts';
import { expandSound } from '../../fixtures/graph.ts';

/** Unequal stages: eight long nodes and eight short ones that read them, two at a time. */
const graph = expandSound(`version: 1
stages:
  long: { matrix: { i: [1, 2, 3, 4, 5, 6, 7, 8] }, command: "x {{ outputs.o }}", outputs: { o: "a/{{ i }}" } }
  short:
    matrix: { like: long }
    command: "x {{ inputs.i }} {{ outputs.o }}"
    inputs: { i: { from: long, output: o } }
    outputs: { o: "b/{{ i }}" }
  end: { command: "x {{ inputs.i }} {{ outputs.o }}", inputs: { i: { from: short, output: o } }, outputs: { o: c } }
`);
const nodes = [...graph.nodes.values()];
const SECONDS: Readonly<Record<string, number>> = { long: 20, short: 4, end: 6 };

/** The log of a run on a machine that takes so many times as long. */
function record(slower: number): RunEvent[] {
  const head = { targets: [], profile: '', notice: null, settings: [], runFolder: 'r' };
  const events = [{ ...head, type: 'run-started', time: 0, nodes: nodes.length, jobs: 2 }];
  const all: object[] = events;
  const free = [0, 0];
  for (const { id, stage } of nodes) {
    const lane = (free[0] ?? 0) <= (free[1] ?? 0) ? 0 : 1;
    const seconds = (SECONDS[stage.name] ?? 0) * slower;
    const time = stage.name === 'end' ? Math.max(...free) : (free[lane] ?? 0);
    all.push({ type: 'node-started', time, node: id, log: '', expectedSeconds: null });
    free[lane] = time + seconds * 1000;
    const what = { outcome: 'executed', restored: false, seconds, summary: {} };
    all.push({ type: 'node-finished', time: free[lane], node: id, ...what });
  }
  all.push({ type: 'run-finished', time: Math.max(...free), seconds: 0 });
  const timed = all as RunEvent[];
  return timed.sort((a, b) => a.time - b.time);
}

const worstOf = (told: readonly Told[]) => Math.max(...told.map(factorOf));

describe('the estimate of a run’s end', () => {
  it('is right from the first tenth on where the times of earlier runs are known', () => {
    const events = record(1);
    const past = listPastRuns(events, graph.nodes);
    const told = replayRun({ events, graph, nodes, past });
    expect(told).toHaveLength(9);
    expect(told.every(({ isLowerBound }) => !isLowerBound)).toBe(true);
    expect(worstOf(told)).toBeLessThan(1.5);
  });

  it('learns how much slower the machine is today', () => {
    const past = listPastRuns(record(1), graph.nodes);
    const told = replayRun({ events: record(3), graph, nodes, past });
    expect(worstOf(told.filter(({ at }) => at >= 0.3))).toBeLessThan(1.5);
  });

  it('is not led astray by one node that takes far longer than the rest of its stage', () => {
    const past = listPastRuns(record(1), graph.nodes);
    const events = record(1).map((event) =>
      event.type === 'node-finished' && event.node === 'short/1'
        ? { ...event, seconds: event.seconds * 40 }
        : event,
    );
    const told = replayRun({ events, graph, nodes, past });
    expect(worstOf(told)).toBeLessThan(1.5);
  });

  it('says in a first run that it takes at least so long, and is near once a stage has run', () => {
    const told = replayRun({ events: record(1), graph, nodes, past: [] });
    expect(told.every(({ isLowerBound, said, took }) => isLowerBound && (said ?? 0) <= took)).toBe(
      true,
    );
    expect(worstOf(told.filter(({ at }) => at >= 0.3 && at < 0.8))).toBeLessThan(2);
  });
});
