/**
 * The contract between the engine and a stage: the only thing they share.
 *
 * The engine writes a {@link JobFile}, starts a stage process on it, reads the events that the
 * process reports (JSON lines) and takes its exit status. Stage modules import these types only as
 * types, so that an edit of the engine never changes a stage's code digest.
 */

import type { Shell } from './shell.ts';
import type { JsonObject } from './values.ts';

/** One file or folder that a stage may read. */
export interface JobInput {
  /** Name of the node that made it (`corrupt/0.2_none`), absent for a file of the workspace. */
  readonly node?: string;
  /** The matrix axes of that node with their values; empty for a file of the workspace. */
  readonly cell: JsonObject;
  /** Absolute path; read-only. */
  readonly path: string;
  /** Fingerprint of the result that it belongs to; only of an input with `provenance: true`. */
  readonly fingerprint?: string;
  /**
   * SHA-256 of its content, of a folder that of its manifest; null where it is declared volatile. Only
   * of an input with `provenance: true`.
   */
  readonly sha256?: string | null;
}

/** What a stage process is told: everything it may depend on, nothing else. */
export interface JobFile {
  readonly schema: 1;
  /** Name of the node: `<stage>/<cell>`, or `<stage>` for a stage without a matrix. */
  readonly node: string;
  /** This node's matrix axes with their values. */
  readonly cell: JsonObject;
  /** The parameters that the stage declares, nested as in `pipeline.yaml`. */
  readonly params: JsonObject;
  /** By input name; one entry a matching upstream cell, in a fixed order. */
  readonly inputs: Readonly<Record<string, readonly JobInput[]>>;
  /** By output name: the absolute path in a private folder where the stage must write it. */
  readonly outputs: Readonly<Record<string, string>>;
  /**
   * A result of the same work with a smaller value of the parameter that the stage `extends`: its
   * outputs by name, absolute and read-only. Null where there is none. A stage may go on from it, and
   * must then make the bytes that it would have made from the start.
   */
  readonly previous: {
    readonly value: number;
    readonly outputs: Readonly<Record<string, string>>;
  } | null;
  /** A folder that outlives a failed or killed attempt of the same work; removed on success. */
  readonly scratch: string;
  /** Absolute path of the workspace, for resolving paths that a parameter names. */
  readonly workspace: string;
  /** CPUs granted at the start: how many threads to use. No result may depend on it. */
  readonly cpus: number;
  /** Bytes of memory that `resources` reserve for it; null where none are. No result may depend on it. */
  readonly memory: number | null;
  /**
   * How many GPUs it has, which it sees as 0, 1, …: 1 also where it has a part of one, which others use too;
   * none where it asks for none. No result may depend on it.
   */
  readonly gpus: number;
  /** What of the machine decides the result, as its fingerprint says it; absent where the stage names nothing. */
  readonly machine?: Readonly<Record<string, string>>;
  /** True under `--offline`: open no network connection. */
  readonly offline: boolean;
}

/** What a stage reports while it works. */
export type StageEvent =
  /** A line for people. */
  | { readonly type: 'message'; readonly text: string; readonly level: 'info' | 'warning' }
  /**
   * A bar: `done` of `total` `unit`s under a label (`012`, `Test`, `cifar-10.tar.gz`). A new label
   * or a smaller `done` starts a new bar. `total` is null where unknown. `fields` follow the rate.
   */
  | {
      readonly type: 'progress';
      readonly label: string;
      readonly unit: string;
      readonly done: number;
      readonly total: number | null;
      readonly fields: Readonly<Record<string, string>>;
    }
  /** How far the whole stage is, 0 to 1, where it knows: feeds the overall ETA. */
  | { readonly type: 'fraction'; readonly value: number }
  /**
   * What was measured, as at a step; null where there are none. In the event log, and behind the bar. The
   * last value of each is the summary of a stage that gives none.
   */
  | { readonly type: 'metrics'; readonly step: number | null; readonly values: JsonObject }
  /** What stands for the stage in the live view until the next; kept nowhere. */
  | { readonly type: 'line'; readonly text: string }
  /** Final numbers of the stage, kept in its cache record and shown by `status`. */
  | { readonly type: 'summary'; readonly values: JsonObject };

/** What a stage module's `run` receives: the job, and a way to report. */
export interface StageContext extends JobFile {
  /**
   * CPUs granted by now, for a stage whose `cpus` are a range and that can use more or fewer threads as it
   * goes. Who calls it goes by the answer: after the first call there may be more, or fewer because
   * others wait, who get them when a call has said so. Cheap enough to call every step.
   */
  readonly cpusNow: () => number;
  /** Reports an event; cheap enough to call every step (the host limits the rate of progress). */
  readonly emit: (event: StageEvent) => void;
  /** Aborted when the run is interrupted; the process is ended soon after. */
  readonly signal: AbortSignal;
  /**
   * Runs programs, in the workspace, with the variables that the stage declares. What they print goes
   * to the stage's log, and they end with the stage. Loaded when it is first used.
   */
  readonly $: Shell;
}

/**
 * The shape of a stage module: `export async function run(context: StageContext)`. To fail with a
 * message for the user and no stack trace, throw an error whose `name` is `StageFailure`.
 */
export interface StageModule {
  readonly run: (context: StageContext) => Promise<void>;
}
