/**
 * The contract between the engine and a stage: the only thing they share.
 *
 * The engine writes a {@link JobFile}, starts a stage process on it, reads the events that the
 * process reports (JSON lines) and takes its exit status. Stage modules import these types only as
 * types, so that an edit of the engine never changes a stage's code digest.
 */

/** A JSON value, as parameters are. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

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
  /** CPUs granted: how many threads to use. No result may depend on it. */
  readonly cpus: number;
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
  /** Final numbers of the stage, kept in its cache record and shown by `status`. */
  | { readonly type: 'summary'; readonly values: JsonObject };

/** What a stage module's `run` receives: the job, and a way to report. */
export interface StageContext extends JobFile {
  /** Reports an event; cheap enough to call every step (the host limits the rate of progress). */
  readonly emit: (event: StageEvent) => void;
  /** Aborted when the run is interrupted; the process is ended soon after. */
  readonly signal: AbortSignal;
}

/**
 * The shape of a stage module: `export async function run(context: StageContext)`. To fail with a
 * message for the user and no stack trace, throw an error whose `name` is `StageFailure`.
 */
export interface StageModule {
  readonly run: (context: StageContext) => Promise<void>;
}

/** What a command of a workspace (`commands:` in `pipeline.yaml`) is told. */
export interface CommandContext {
  /** What follows the command's name. */
  readonly args: readonly string[];
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Runs another command of this program: `pipeline(['run', 'figure1'])`. @returns its exit code */
  readonly pipeline: (args: readonly string[]) => Promise<number>;
  /** The state of targets with their upstream, as `pipeline status --json` prints it. */
  readonly status: (
    targets: readonly string[],
    options: TargetOptions,
  ) => Promise<readonly NodeStatus[]>;
  /**
   * Puts those outputs of targets and their upstream that are in the cache alone back in their places,
   * and runs nothing. Tells what stood there and was kept aside, and what kept some from their places.
   */
  readonly putBack: (
    targets: readonly string[],
    options: TargetOptions,
  ) => Promise<{ readonly warnings: readonly string[]; readonly faults: readonly string[] }>;
}

/** The profile of `pipeline.yaml`, and `key=value` settings of parameters. */
export interface TargetOptions {
  readonly profile?: string;
  readonly set?: readonly string[];
}

/** What is known of a node without running it. */
export interface NodeStatus {
  readonly node: string;
  readonly stage: string;
  readonly cell: JsonObject;
  readonly state: 'up-to-date' | 'cached' | 'run' | 'depends-on-upstream' | 'unreadable';
  /** Null where the inputs are not known yet, as are the last two. */
  readonly fingerprint: string | null;
  /** Output name → path from the workspace. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly upstream: readonly string[];
  /** The parameters that it declares, by dotted name. */
  readonly params: JsonObject;
  readonly summary: JsonObject | null;
  readonly seconds: number | null;
  /** By output name: the SHA-256 of its content, of a folder that of its manifest. Null without a result. */
  readonly digests: Readonly<Record<string, string>> | null;
  /** Names of the outputs that are volatile. */
  readonly volatile: readonly string[];
  /** When, where and in which run its result was made. Null where it has none. */
  readonly made: { readonly at: string; readonly host: string; readonly run: string } | null;
  /**
   * Where a person declared that an edit did not change the result: the fingerprint that it was made
   * under, why and when. Null where it was made as it is now.
   */
  readonly accepted: { readonly from: string; readonly reason: string; readonly at: string } | null;
}

/**
 * The shape of a command module: `export async function main(context)`, which prints to standard
 * output and returns the exit code. It fails like a stage does: see {@link StageModule}.
 */
export interface CommandModule {
  readonly main: (context: CommandContext) => Promise<number>;
}

/** A result behind a figure. */
export interface FigureRun {
  /** What the figure's rows call it. */
  readonly run: string;
  /** The input of the plot stage that read it. */
  readonly input: string;
  /** The node that made it, the fingerprint of its result, the SHA-256 of what was read. */
  readonly node: string;
  readonly fingerprint: string;
  /** Null where the bytes differ from run to run. */
  readonly sha256: string | null;
  /** The rows of the figure's data that rest on it, as first and last of each stretch, from 1. */
  readonly rows: readonly (readonly [first: number, last: number])[];
}

/**
 * Where a figure comes from. Its files carry this as `{ "provenance": … }`: a Vega-Lite spec as
 * `usermeta`, an SVG as JSON in `<metadata>`, a PNG in a text chunk `usermeta`. The CSV beside them
 * names runs in its rows.
 */
export interface FigureProvenance {
  readonly schema: 1;
  /** The node that drew the figure. */
  readonly node: string;
  /** The fields of a row that name the runs behind it. */
  readonly fields: readonly string[];
  readonly runs: readonly FigureRun[];
  /** Rows that rest on no run by their own word, such as numbers from a paper; absent for none. */
  readonly without?: FigureRun['rows'];
}
