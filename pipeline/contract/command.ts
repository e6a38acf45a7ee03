/** The contract between the engine and a command of a workspace (`commands:` in `pipeline.yaml`). */

import type { WorkToEstimate } from './estimate.ts';
import type { Shell } from './shell.ts';
import type { JsonObject } from './values.ts';

/** What a command of a workspace (`commands:` in `pipeline.yaml`) is told. */
export interface CommandContext {
  /** What follows the command's name. */
  readonly args: readonly string[];
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /**
   * Runs programs, in the workspace, with the variables of this process. Of what they print standard
   * error is shown. The terminal's Ctrl-C reaches them too; with `$({ detached: true })` they end with
   * this process, whatever ends it.
   */
  readonly $: Shell;
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
  /**
   * What was printed when results were made: the last `most` bytes of each, by fingerprint. Of a result
   * whose log is not kept there is nothing.
   */
  readonly readLogs: (
    fingerprints: readonly string[],
    most: number,
  ) => Promise<Readonly<Record<string, KeptLog>>>;
  /** Absolute path of a folder, which may be missing, for what commands of the workspace keep. */
  readonly state: string;
  /**
   * What nodes of targets and their upstream will be told, whether that has run or not, and all parameters of the
   * profile. As modules that estimate are asked (`estimate:` of a stage).
   */
  readonly describeWork: (
    targets: readonly string[],
    options: TargetOptions,
  ) => Promise<{ readonly parameters: JsonObject; readonly nodes: readonly WorkToEstimate[] }>;
  /** Under which keys trackers know the experiment that made a result; null where none was told of it. */
  readonly experimentKeys: (fingerprint: string) => Promise<ExperimentKeys | null>;
  /** Whether the remote cache of the workspace answers; null where none is given. */
  readonly askRemote: () => Promise<RemoteAnswer | null>;
  /** What a report of the workspace's own shares with the one that `pipeline report` writes. */
  readonly openReport: (targets: readonly string[], options: TargetOptions) => Promise<ReportParts>;
}

/** Under which keys trackers know an experiment. */
export interface ExperimentKeys {
  /** Tells the work that it is of from other work, as `--tracker name=key@work` asks for it. */
  readonly work: string;
  /** By tracker. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What was printed when a result was made, as lines without control characters. */
export interface KeptLog {
  readonly text: string;
  /** More was printed before. */
  readonly isCut: boolean;
}

/** Whether a remote cache answers. */
export interface RemoteAnswer {
  /** Its address. */
  readonly remote: string;
  /** Whether runs fetch results of others. */
  readonly pull: boolean;
  /** Whether runs send there what they make. */
  readonly push: boolean;
  /** How long a question took; null where it was not answered. */
  readonly milliseconds: number | null;
  /** Why it was not answered; null where it was. */
  readonly fault: string | null;
}

/** Parts of the report that any workspace has, for one that says more. */
export interface ReportParts {
  /** The graph of the targets, coloured by state. */
  readonly graph: ReportSection;
  /**
   * The run that made the latest of the results, on a time axis: what ran when, CPUs and memory beside it. Null
   * where nothing has run. It differs from run to run.
   *
   * @param addressOf what tells more of a node; null where nothing does
   */
  readonly timeline: (addressOf: (node: string) => string | null) => ReportSection | null;
  /** How long the run that made the latest result took, and all results together, in words; null where nothing has run. */
  readonly times: { readonly run: string; readonly results: string } | null;
  /** Puts a page into the frame of reports: styles, headings and links, what makes tables sortable. */
  readonly render: (page: ReportPage) => string;
}

/** A page of a report. What is HTML stands in it as it is. */
export interface ReportPage {
  readonly title: string;
  /** HTML: the heading of the page, and what stands below it. */
  readonly header: string;
  readonly sections: readonly ReportSection[];
  /** HTML: a list of contents that takes the place of the links to the sections. */
  readonly contents?: string;
  /** CSS that follows that of the frame. */
  readonly styles?: string;
  /** HTML: script elements. */
  readonly scripts?: string;
}

/** A section of a report. */
export interface ReportSection {
  /** A word for the addresses of the section and its heading. */
  readonly id: string;
  readonly title: string;
  /** What links call it; its title where that is left out. */
  readonly label?: string;
  readonly html: string;
}

/** The profile of `pipeline.yaml`, `key=value` settings of parameters, and the name of an exploration. */
export interface TargetOptions {
  readonly profile?: string;
  readonly set?: readonly string[];
  readonly as?: string;
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
  /** CPU time of its processes; null where nothing told. */
  readonly cpuSeconds: number | null;
  /** The most bytes of memory that its processes were seen to have together; null where nothing told. */
  readonly memory: number | null;
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
 * output and returns the exit code. It fails like a stage does: see `StageModule` in `stage.ts`.
 */
export interface CommandModule {
  readonly main: (context: CommandContext) => Promise<number>;
}
