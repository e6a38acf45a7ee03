/** The contract between the engine and a module that knows how long nodes take (`estimate:` of a stage). */

import type { JsonObject } from './values.ts';

/** A node that is to be estimated. */
export interface WorkToEstimate {
  /** Name of the node: `<stage>/<cell>`, or `<stage>` for a stage without a matrix. */
  readonly node: string;
  readonly stage: string;
  readonly cell: JsonObject;
  /**
   * What the node will be told, nested as in `pipeline.yaml`: the parameters that its stage declares, and
   * those of inputs `as: params` that templates write, whether these have run or not.
   */
  readonly params: JsonObject;
  /** The CPUs that it will have: the most, too, where others wait for none. */
  readonly cpus: { readonly least: number; readonly most: number };
  readonly gpus: number;
}

/** A run of the past. */
export interface PastWork extends Pick<WorkToEstimate, 'node' | 'cell' | 'params'> {
  readonly seconds: number;
  /**
   * Whether that is the time of all its work: false where it went on from an earlier attempt or a shorter result;
   * null where nothing tells, as of what an earlier version made.
   */
  readonly isWhole: boolean | null;
  /** How many CPUs it had on average; null where that is not known. */
  readonly cpus: number | null;
  readonly summary: JsonObject;
}

/** What `estimate` of a module is told. */
export interface EstimateContext {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Absolute path of a folder in which commands of the workspace keep what they know; may be missing. */
  readonly state: string;
  /** All parameters of the profile, with what `--set` changes. */
  readonly parameters: JsonObject;
  /** Whether nodes will run on a cluster, whose machines are not this one. */
  readonly isCluster: boolean;
  /** Of one stage or several. */
  readonly nodes: readonly WorkToEstimate[];
  /** Runs of a stage that have a result here, the newest first: of any profile. */
  readonly past: (stage: string) => readonly PastWork[];
}

/** How long a node will take. */
export interface WorkEstimate {
  /** Seconds; both equal where it is no bound. */
  readonly seconds: { readonly least: number; readonly most: number };
  /** With how many CPUs; null where that is not known. */
  readonly cpus: number | null;
  /** Where it is from: a run of the same work, a measurement, or a guess. */
  readonly source: 'recorded' | 'calibrated' | 'estimated';
  /** What it rests on, in a few words each, such as `at most 100 epochs`; equal ones of a stage are told once. */
  readonly notes: readonly string[];
}

/**
 * The shape of a module that estimates: for each node an estimate, or null where it knows nothing. Then only
 * `limit`s of the node count, and not what other nodes of its stage took.
 */
export interface EstimateModule {
  /** What brings estimates of what it knows nothing of, in words: `pipeline calibrate measures …`. */
  readonly hint?: string;
  readonly estimate: (context: EstimateContext) => Promise<readonly (WorkEstimate | null)[]>;
}
