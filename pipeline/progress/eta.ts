/** How much longer a run will take, from what is running and what was predicted. */

/** A node that runs. */
interface RunningWork {
  readonly elapsedSeconds: number;
  /** By earlier runs; null where unknown. */
  readonly expectedSeconds: number | null;
  /** How far the node is, 0 to 1, where it says so. */
  readonly fraction: number | null;
  /** How far nodes of its stage were when they ended; 1 where none has. */
  readonly lastFraction: number;
}

/** What an estimate of the remaining time rests on. */
export interface Workload {
  /** Since the run started. */
  readonly elapsedSeconds: number;
  /** Nodes that neither run nor have an outcome. */
  readonly waiting: {
    readonly nodes: number;
    /** What they are expected to take one after the other, without the unknown ones. */
    readonly seconds: number;
    /** What those of them take that need one another, at most. */
    readonly longestSeconds: number;
    /** How many of them are of stages of which nothing ever ran. */
    readonly unknown: number;
  };
  /** What a node of such a stage is taken for; null where that would be a guess in the dark. */
  readonly typicalSeconds: number | null;
  /** How many nodes may run at once. */
  readonly jobs: number;
  readonly running: readonly RunningWork[];
}

/** How long a run will still take. */
export interface Estimate {
  readonly seconds: number;
  /** It takes longer, because of some nodes nothing is known yet. */
  readonly isLowerBound: boolean;
  /** Some nodes are taken to be as those of other stages are, or go on for longer than any did. */
  readonly isRough: boolean;
}

/** Sooner than this a run's estimate is guesswork. */
const earliestSeconds = 1;
/** Below this a node's own fraction says too little about its duration. */
const smallestFraction = 0.01;
/**
 * A node that is further than others of its stage were at their end is as likely as not to go on for as long
 * as it did: of what may end at any time, nothing but its age tells.
 */
const beyondOthers = 2;
/** A node that takes longer than expected is taken to go on for this share of what it took too long. */
const overtime = 0.5;

/**
 * Seconds until a run ends, or null where nothing indicates it yet. A running node takes as long as
 * earlier runs did, and the further it is, or the later, the more as long as its own fraction says; nodes of
 * unknown stages are as those of the others are, once some have run. The work spreads over the jobs, but the
 * run outlasts its slowest running node, and the longest chain of what waits.
 */
export function estimateRemaining(workload: Workload): Estimate | null {
  const { elapsedSeconds, waiting, jobs, running, typicalSeconds } = workload;
  if (waiting.nodes === 0 && running.length === 0) {
    return { seconds: 0, isLowerBound: false, isRough: false };
  }
  if (elapsedSeconds < earliestSeconds) return null;
  const left = running.map(estimateLeft);
  const known = left.filter((seconds) => seconds !== null);
  const unknown = Math.min(waiting.unknown, waiting.nodes);
  if (known.length === 0 && waiting.nodes === unknown && typicalSeconds === null) return null;
  const isGuessed = unknown > 0 && typicalSeconds !== null;
  const guessed = isGuessed ? unknown * typicalSeconds : 0;
  const work = known.reduce((sum, seconds) => sum + seconds, waiting.seconds + guessed);
  const lanes = Math.max(1, Math.min(jobs, waiting.nodes + running.length));
  // Where all jobs are taken, what waits starts when the first of them ends.
  const startsIn = running.length >= jobs && known.length > 0 ? Math.min(...known) : 0;
  const chain = waiting.longestSeconds > 0 ? startsIn + waiting.longestSeconds : 0;
  return {
    seconds: Math.max(...known, chain, work / lanes),
    isLowerBound: (unknown > 0 && !isGuessed) || known.length < running.length,
    isRough: isGuessed || running.some(isBeyondOthers),
  };
}

function estimateLeft(work: RunningWork): number | null {
  const { elapsedSeconds, expectedSeconds } = work;
  const late = expectedSeconds === null ? 0 : elapsedSeconds / expectedSeconds - 1;
  const weight = Math.max(work.fraction ?? 0, Math.min(1, late));
  const duration = blend(expectedSeconds, projectDuration(work), weight);
  if (duration === null) return null;
  const left = duration - elapsedSeconds;
  return left >= 0 ? left : -left * overtime;
}

/** How long a node takes by its own fraction: many end before that is 1, once they are good enough. */
function projectDuration({ elapsedSeconds, fraction, lastFraction }: RunningWork): number | null {
  if (fraction === null || fraction < smallestFraction) return null;
  const end = Math.min(1, Math.max(lastFraction, fraction * beyondOthers));
  return (elapsedSeconds * end) / Math.min(1, fraction);
}

function isBeyondOthers({ fraction, lastFraction }: RunningWork): boolean {
  return fraction !== null && lastFraction < 1 && fraction > lastFraction;
}

/** Between what was expected, at 0, and what is projected, at 1; whichever is known. */
function blend(expected: number | null, projected: number | null, weight: number): number | null {
  if (expected === null || projected === null) return expected ?? projected;
  return expected ** (1 - weight) * projected ** weight;
}
