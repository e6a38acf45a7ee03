/** How much longer a run will take, from what is running and what was predicted. */

/** What an estimate of the remaining time rests on. */
export interface Workload {
  /** Since the run started. */
  readonly elapsedSeconds: number;
  /** Nodes that neither run nor have an outcome. */
  readonly waiting: {
    readonly nodes: number;
    /** What they are expected to take one after the other, without the unknown ones. */
    readonly seconds: number;
    /** How many of them are like nothing that ever ran. */
    readonly unknown: number;
  };
  /** How many nodes may run at once. */
  readonly jobs: number;
  readonly running: readonly {
    readonly elapsedSeconds: number;
    /** By earlier runs; null where unknown. */
    readonly expectedSeconds: number | null;
    /** How far the node is, 0 to 1, where it says so. */
    readonly fraction: number | null;
  }[];
}

/** How long a run will still take. */
export interface Estimate {
  readonly seconds: number;
  /** It takes longer, because of some nodes nothing is known yet. */
  readonly isLowerBound: boolean;
}

/** Sooner than this a run's estimate is guesswork. */
const earliestSeconds = 1;
/** Below this a node's own fraction says too little about its duration. */
const smallestFraction = 0.01;

/**
 * Seconds until a run ends, or null where nothing indicates it yet. A running node takes as long as
 * its fraction predicts, else as long as earlier runs did; unknown nodes count nothing. The work
 * spreads over the jobs, but the run outlasts its slowest running node.
 */
export function estimateRemaining(workload: Workload): Estimate | null {
  const { elapsedSeconds, waiting, jobs, running } = workload;
  if (waiting.nodes === 0 && running.length === 0) return { seconds: 0, isLowerBound: false };
  if (elapsedSeconds < earliestSeconds) return null;
  const left = running.map((node) => {
    const duration =
      node.fraction === null || node.fraction < smallestFraction
        ? node.expectedSeconds
        : node.elapsedSeconds / Math.min(1, node.fraction);
    return duration === null ? null : Math.max(0, duration - node.elapsedSeconds);
  });
  const known = left.filter((seconds) => seconds !== null);
  const unknown = Math.min(waiting.unknown, waiting.nodes);
  if (known.length === 0 && waiting.nodes === unknown) return null;
  const work = known.reduce((sum, seconds) => sum + seconds, waiting.seconds);
  const lanes = Math.max(1, Math.min(jobs, waiting.nodes + running.length));
  return {
    seconds: Math.max(...known, work / lanes),
    isLowerBound: unknown > 0 || known.length < running.length,
  };
}
