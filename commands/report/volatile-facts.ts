/** The content of `volatile.js`: written by the report, read by its page. */

import type { NodeLogs } from './report-details.ts';

/** What differs from machine to machine and from run to run. */
export interface VolatileFacts {
  readonly commit: string | null;
  readonly host: string;
  readonly system: string;
  readonly processor: string;
  readonly node: string;
  /** The run that made the latest results, on a time axis, as HTML; empty where nothing has run. */
  readonly timeline: string;
  /** How long that run took, and all results together, in words. */
  readonly runTime: string;
  readonly allTime: string;
  /** By name of a node: when and where its result was made, and how long that took. */
  readonly made: Readonly<Record<string, MadeFact>>;
  /** Specs of figures that show wall-clock times, by name. */
  readonly specs: Readonly<Record<string, object>>;
  /** What was printed when results were made, the last lines of it. */
  readonly logs: NodeLogs;
}

/** How a result was made. */
export interface MadeFact {
  readonly at: string;
  readonly host: string;
  readonly seconds: number;
  /** CPU time, and the most bytes of memory that it was seen to have; null where nothing told. */
  readonly cpuSeconds: number | null;
  readonly memory: number | null;
  /** By the latest run that made anything; the results of earlier ones came from the cache. */
  readonly isLatest: boolean;
}
