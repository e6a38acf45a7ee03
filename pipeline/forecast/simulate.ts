/** Plays a run in predicted time with the schedule and resources of a real one. */

import type { GraphNode, NodeId } from '../graph/types.ts';
import { scaleSeconds } from '../inspect/durations.ts';
import type { ResourcePool } from '../scheduler/resources.ts';
import { Schedule } from '../scheduler/schedule.ts';
import type { Share } from '../scheduler/share.ts';

/** What a node would do in a run. */
export type SimulatedWork =
  /** Nothing: its result is there. */
  | { readonly kind: 'done' }
  /**
   * Run for some seconds, with its share of the machine; that long with so many CPUs, or with any
   * number where that is null.
   */
  | { readonly kind: 'runs'; readonly seconds: number; readonly cpus: number | null }
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

/** How many nodes of a kind run at once at most; null for a node that no such limit is set. */
export type ArrayThrottle = (
  node: GraphNode,
) => { readonly kind: string; readonly most: number } | null;

/** A node that runs in predicted time. */
interface RunningNode {
  readonly node: GraphNode;
  readonly start: number;
  /** As far as can be told now. */
  end: number;
  /** What it runs with; null where that is not this run's. */
  readonly share: Share | null;
  /** How long it would take with what it has now, from start to end. */
  seconds: number;
}

/**
 * Plays a run in predicted time: the same schedule and the same resources decide what starts when.
 *
 * @param nodes in topological order, closed under upstream
 * @param secondsOf the durations by which the run would put nodes in order
 * @param throttleOf what keeps jobs waiting that have been submitted
 */
export function simulateRun(
  nodes: readonly GraphNode[],
  pool: ResourcePool,
  workOf: (node: GraphNode) => SimulatedWork,
  secondsOf: (node: GraphNode) => number,
  throttleOf: ArrayThrottle = () => null,
): Simulation {
  const schedule = new Schedule(nodes, pool, secondsOf);
  const intervals = new Map<NodeId, Interval>();
  const impossible: GraphNode[] = [];
  const running: RunningNode[] = [];
  const arrays = new Map<string, { running: number; readonly waiting: RunnableNode[] }>();
  let time = 0;
  const start = (node: GraphNode, share: Share | null) => {
    const seconds = secondsWith(workOf(node), share);
    running.push({ node, start: time, end: time + seconds, share, seconds });
  };
  /** Starts a job, or lets it wait for others of its kind with the place that it has taken. */
  const submit = (job: RunnableNode) => {
    const throttle = throttleOf(job.node);
    if (throttle === null) return start(job.node, job.share);
    const array = arrays.get(throttle.kind) ?? { running: 0, waiting: [] };
    arrays.set(throttle.kind, array);
    if (array.running >= throttle.most) return array.waiting.push(job);
    array.running += 1;
    start(job.node, job.share);
  };
  const leave = (node: GraphNode) => {
    const array = arrays.get(throttleOf(node)?.kind ?? '');
    if (array === undefined) return;
    array.running -= 1;
    const next = array.waiting.shift();
    if (next !== undefined) submit(next);
  };
  const spread = () => {
    schedule.spreadCpus();
    for (const one of running) {
      if (one.share?.isWaiting === true) begin(one.node, one.share);
      const seconds = secondsWith(workOf(one.node), one.share);
      if (seconds === one.seconds) continue;
      one.end = time + (one.end - time) * (seconds / one.seconds);
      one.seconds = seconds;
    }
  };
  for (;;) {
    const ready = schedule.nextReady();
    if (ready !== undefined) {
      const { kind } = workOf(ready);
      if (kind === 'done') schedule.succeed(ready);
      else if (kind === 'elsewhere') start(ready, null);
      else if (canRun(ready, pool)) schedule.enqueue(ready);
      else {
        impossible.push(ready);
        schedule.fail(ready);
      }
      continue;
    }
    let next = schedule.nextRunnable();
    if (next === undefined) {
      spread();
      next = schedule.nextRunnable();
    }
    if (next !== undefined) {
      submit(next);
      continue;
    }
    const first = running.reduce<RunningNode | null>(
      (best, one) => (best === null || one.end < best.end ? one : best),
      null,
    );
    if (first === null) return { intervals, seconds: time, impossible };
    running.splice(running.indexOf(first), 1);
    time = first.end;
    intervals.set(first.node.id, { start: first.start, end: time });
    if (first.share !== null) {
      schedule.release(first.node);
      leave(first.node);
    }
    schedule.succeed(first.node);
  }
}

/** A node that has what it needs, and its share. */
type RunnableNode = NonNullable<ReturnType<Schedule['nextRunnable']>>;

function canRun({ stage }: GraphNode, { total, jobs }: ResourcePool): boolean {
  return jobs.isJob(stage) || stage.resources.gpus <= total.gpus;
}

function secondsWith(work: SimulatedWork, share: Share | null): number {
  if (work.kind === 'done') return 0;
  return work.kind === 'elsewhere' || share === null ? work.seconds : scaleSeconds(work, share.now);
}

/** A stage begins. Modules are taken to go by what they are granted, at once; jobs have what they asked for. */
function begin({ action }: GraphNode, share: Share): void {
  const { isFlexible } = share;
  share.begin();
  if (action.kind !== 'module' || !isFlexible) return;
  share.follow((cpus) => share.heed(cpus));
  share.heed(share.now);
}
