/** What an estimate of the remaining time rests on. */
export interface Workload {
  /** Since the run started. */
  readonly elapsedSeconds: number;
  /** Nodes that neither run nor have an outcome. */
  readonly waiting: number;
  /** How many nodes may run at once. */
  readonly jobs: number;
  /** Nodes whose process ran to its end, and the seconds they took together. */
  readonly executed: number;
  readonly executedSeconds: number;
  readonly running: readonly {
    readonly elapsedSeconds: number;
    /** How far the node is, 0 to 1, where it says so. */
    readonly fraction: number | null;
  }[];
}

/** Sooner than this a run's estimate is guesswork. */
const earliestSeconds = 1;
/** Below this a node's own fraction says too little about its duration. */
const smallestFraction = 0.01;

/**
 * Seconds until a run ends, or null where nothing indicates it yet. A running node takes as long as
 * its fraction predicts, a waiting one as long as the mean of those executed and running; the work
 * spreads over the jobs, but the run outlasts its slowest running node.
 */
export function estimateRemaining(workload: Workload): number | null {
  const { elapsedSeconds, waiting, jobs, executed, executedSeconds, running } = workload;
  if (waiting === 0 && running.length === 0) return 0;
  if (elapsedSeconds < earliestSeconds) return null;
  const predicted = running.map((node) =>
    node.fraction === null || node.fraction < smallestFraction
      ? null
      : node.elapsedSeconds / Math.min(1, node.fraction),
  );
  const durations = predicted.filter((duration) => duration !== null);
  const measured = executed + durations.length;
  if (measured === 0) return null;
  const mean = durations.reduce((sum, duration) => sum + duration, executedSeconds) / measured;
  let longest = 0;
  let work = waiting * mean;
  for (const [index, node] of running.entries()) {
    const remaining = Math.max(0, (predicted[index] ?? mean) - node.elapsedSeconds);
    longest = Math.max(longest, remaining);
    work += remaining;
  }
  const lanes = Math.max(1, Math.min(jobs, waiting + running.length));
  return Math.max(longest, work / lanes);
}
