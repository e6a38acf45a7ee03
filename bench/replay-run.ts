/** The log of a run → what was said at each tenth of how long it would still take. */

import { type PastRun, StageHistory } from '../pipeline/cache/past-runs.ts';
import type { Fingerprint } from '../pipeline/fingerprint/record.ts';
import { stageOf } from '../pipeline/graph/node-name.ts';
import type { Graph, GraphNode, NodeId } from '../pipeline/graph/types.ts';
import { DurationPredictor } from '../pipeline/inspect/durations.ts';
import type { RunEvent } from '../pipeline/progress/events.ts';
import { applyEvent, estimateEnd, openRunProgress } from '../pipeline/progress/run-progress.ts';
import { WorkLeft } from '../pipeline/scheduler/work-left.ts';

/** What was said at one moment of a run. */
export interface Told {
  /** Share of the run's time that has passed. */
  readonly at: number;
  /** Seconds, null where nothing was said. */
  readonly said: number | null;
  readonly isLowerBound: boolean;
  readonly isRough: boolean;
  /** Seconds that it did take from then on. */
  readonly took: number;
}

/** A run to replay: its log, its nodes in order, and what was known before it. */
export interface Recording {
  readonly events: readonly RunEvent[];
  readonly graph: Pick<Graph, 'nodes'>;
  readonly nodes: readonly GraphNode[];
  /** Runs before it. */
  readonly past: readonly PastRun[];
}

/** The nodes that a log says to have run, as the history of a later run has them. */
export function listPastRuns(events: readonly RunEvent[], nodes: Graph['nodes']): PastRun[] {
  return events.flatMap((event) => {
    if (event.type !== 'node-finished' || event.outcome !== 'executed') return [];
    const node = nodes.get(event.node as NodeId);
    return node === undefined ? [] : [toPastRun(node, event)];
  });
}

function toPastRun(
  { id, cell }: GraphNode,
  { time, seconds }: RunEvent & { readonly type: 'node-finished' },
): PastRun {
  const startedAt = new Date(time - seconds * 1000).toISOString();
  return { fingerprint: `${id} ${time}` as Fingerprint, node: id, cell, startedAt, seconds };
}

/**
 * Plays a run again through the estimator that a real one has, with the same predictions, and asks it
 * at each tenth of the run's time.
 */
export function replayRun({ events, graph, nodes, past }: Recording): Told[] {
  const histories = new Map<string, StageHistory>();
  const historyOf = (stage: string) => {
    const known = histories.get(stage) ?? new StageHistory([]);
    histories.set(stage, known);
    return known;
  };
  for (const run of [...past].reverse()) historyOf(stageOf(run.node)).add(run);
  const history = {
    ofStage: (stage: string) => historyOf(stage).all(),
    ofNode: (stage: string, node: string, cell: GraphNode['cell']) =>
      historyOf(stage).ofNode(node, cell),
  };
  const durations = new DurationPredictor(graph, history, {
    read: () => ({ result: null, damaged: false, outdated: false }),
  });
  const state = openRunProgress();
  const workLeft = new WorkLeft(durations, (event) => applyEvent(state, event));
  const start = events.find(({ type }) => type === 'run-started')?.time ?? 0;
  const end = events.find(({ type }) => type === 'run-finished')?.time ?? start;
  const waiting = new Map(nodes.map((node) => [node.id, node]));
  const told: Told[] = [];
  const askUntil = (time: number) => {
    for (let tenth = told.length + 1; tenth < 10; tenth++) {
      const moment = start + ((end - start) * tenth) / 10;
      if (moment >= time) return;
      const estimate = estimateEnd(state, moment);
      told.push({
        at: tenth / 10,
        said: estimate?.seconds ?? null,
        isLowerBound: estimate?.isLowerBound ?? true,
        isRough: estimate?.isRough ?? false,
        took: (end - moment) / 1000,
      });
    }
  };
  for (const event of events) {
    askUntil(event.time);
    if (event.type === 'work-left') continue;
    if (event.type === 'node-started') {
      const node = waiting.get(event.node as NodeId) ?? graph.nodes.get(event.node as NodeId);
      if (node === undefined) continue;
      waiting.delete(event.node as NodeId);
      const expectedSeconds = workLeft.expect(node, node.stage.resources.cpus);
      applyEvent(state, { ...event, expectedSeconds });
      workLeft.tell(event.time, graph.nodes.size, () => [...waiting.values()]);
      continue;
    }
    applyEvent(state, event);
    if (event.type !== 'node-finished') continue;
    waiting.delete(event.node as NodeId);
    const node = graph.nodes.get(event.node as NodeId);
    if (node !== undefined && event.outcome === 'executed')
      historyOf(node.stage.name).add(toPastRun(node, event));
  }
  return told;
}

/** Said over took, or took over said: 1 where it was right. */
export function factorOf({ said, took }: Told): number {
  return said === null ? Infinity : Math.max(said, took) / Math.max(Math.min(said, took), 1e-9);
}
