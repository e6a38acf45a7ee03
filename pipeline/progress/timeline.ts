/** A run as it went, for who draws it: what ran when, and what that used. */

/** One try at a node. Times are milliseconds since the epoch. */
export interface TimelineBar {
  readonly node: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** `stopped`: the run was interrupted, or ended without a word. */
  readonly end: 'executed' | 'failed' | 'retried' | 'stopped';
  /** CPU seconds, and the most bytes of memory; null where nothing told. */
  readonly cpuSeconds: number | null;
  readonly memory: number | null;
}

/** What the stages used since the point before, or since the start. */
export interface LoadPoint {
  readonly time: number;
  /** CPUs, on average. */
  readonly cpus: number;
  /** Bytes, at most. */
  readonly memory: number;
}

/** A run's attempts and what they used. */
export interface Timeline {
  readonly run: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** How many CPUs it had to give; null where that is not known. */
  readonly cpus: number | null;
  /** In the order of their starts. */
  readonly bars: readonly TimelineBar[];
  /** In order; none where nothing told. */
  readonly loads: readonly LoadPoint[];
}
