/** Plays a run in predicted time with the schedule and resources of a real one. */

import type { GraphNode, NodeId } from '../graph/types.ts';
import type { ResourcePool } from '../scheduler/resources.ts';
import { Schedule } from '../scheduler/schedule.ts';

/** What a node would do in a run. */
export type SimulatedWork =
  /** Nothing: its result is there. */
  | { readonly kind: 'done' }
  /** Run for some seconds, with its share of the machine. */
  | { readonly kind: 'runs'; readonly seconds: number }
  /** Be waited for, while another process runs it with resources of its own. */
  | { readonly kind: 'elsewhere'; readonly seconds: number };

/** When a node would start and end, in seconds from the start of the run. */
interface Interval {
  readonly start: number;
  readonly end: number;
}

/** What a run would be like. */
export interface Simulation {
  /** The nodes that run or are waited for. */
  readonly intervals: ReadonlyMap<NodeId, Interval>;
  /** Seconds to the end of the last one. */
  readonly seconds: number;
  /** Nodes that this machine cannot run, for lack of GPUs; what needs them is not run either. */
  readonly impossible: readonly GraphNode[];
}

/**
 * Plays a run in predicted time: the same schedule and the same resources decide what starts when.
 *
 * @param nodes in topological order, closed under upstream
 * @param secondsOf the durations by which the run would put nodes in order
 */
export function simulateRun(
  nodes: readonly GraphNode[],
  pool: ResourcePool,
  workOf: (node: GraphNode) => SimulatedWork,
  secondsOf: (node: GraphNode) => number,
): Simulation {
  const schedule = new Schedule(nodes, pool, secondsOf);
  const intervals = new Map<NodeId, Interval>();
  const impossible: GraphNode[] = [];
  const running: { readonly node: GraphNode; readonly end: number; readonly holds: boolean }[] = [];
  let time = 0;
  const start = (node: GraphNode, holds: boolean) => {
    const work = workOf(node);
    const end = time + (work.kind === 'done' ? 0 : work.seconds);
    intervals.set(node.id, { start: time, end });
    running.push({ node, end, holds });
  };
  for (;;) {
    const ready = schedule.nextReady();
    if (ready !== undefined) {
      const { kind } = workOf(ready);
      if (kind === 'done') schedule.succeed(ready);
      else if (kind === 'elsewhere') start(ready, false);
      else if (ready.stage.resources.gpus <= pool.total.gpus) schedule.enqueue(ready);
      else {
        impossible.push(ready);
        schedule.fail(ready);
      }
      continue;
    }
    const next = schedule.nextRunnable();
    if (next !== undefined) {
      start(next, true);
      continue;
    }
    const first = running.reduce<(typeof running)[number] | null>(
      (best, one) => (best === null || one.end < best.end ? one : best),
      null,
    );
    if (first === null) return { intervals, seconds: time, impossible };
    running.splice(running.indexOf(first), 1);
    time = first.end;
    if (first.holds) schedule.release(first.node);
    schedule.succeed(first.node);
  }
}
