/** The content of `details.js`: written by the report, read by its page where one looks closer. */

/** What the page tells of nodes and experiments beside what stands in it. The same for the same results. */
export interface ReportDetails {
  readonly nodes: readonly NodeDetail[];
  readonly experiments: readonly ExperimentDetail[];
  /** By the name of the node that made the data. */
  readonly samples: Readonly<Record<string, SampleImages>>;
  /** What of this was left out to keep the page small, in words. */
  readonly leftOut: readonly string[];
  /** Options that choose what the report is about, as they are typed. */
  readonly options: string;
  /** The Vega-Lite config of the figures. */
  readonly theme: object;
  readonly files: FilePlaces;
}

/** Where the page finds the outputs of nodes. */
type FilePlaces =
  /** In the workspace, which is at this address from the page. */
  | { readonly in: 'workspace'; readonly root: string }
  /** Beside the page: addresses by path from the workspace. What is not listed is not there. */
  | { readonly in: 'publication'; readonly listed: Readonly<Record<string, string>> }
  | { readonly in: 'nowhere' };

/** How a node stands, as `pipeline status` says it. */
export type NodeStanding = 'up-to-date' | 'cached' | 'run' | 'depends-on-upstream' | 'unreadable';

/** A node of the graph. */
export interface NodeDetail {
  readonly name: string;
  readonly stage: string;
  readonly state: NodeStanding;
  readonly fingerprint: string | null;
  /** Places of what it is made from in the list of nodes. */
  readonly upstream: readonly number[];
  readonly outputs: readonly OutputDetail[];
}

/** An output of a node. */
export interface OutputDetail {
  readonly name: string;
  /** From the workspace. */
  readonly path: string;
  /** Null without a result, and where the output is volatile. */
  readonly sha256: string | null;
  /** Null where it is a folder, volatile, or not there. */
  readonly bytes: number | null;
}

/** An experiment. */
export interface ExperimentDetail {
  readonly name: string;
  /** What readers call it: `MLP1, random labels`. */
  readonly label: string;
  /** What is corrupted, in words. */
  readonly corruption: string;
  /** Places of its own nodes in the list of nodes, in the order of data: what writes its config first. */
  readonly nodes: readonly number[];
  /** The name of the node that evaluates it. */
  readonly evaluation: string;
  /** The node whose data it is trained on; null where none is known. */
  readonly data: string | null;
  /** What its evaluation recorded; null where it has no result. */
  readonly row: Readonly<Record<string, unknown>> | null;
  /** YAML; null where it is not written yet, or left out. */
  readonly config: string | null;
  readonly curve: TrainingCurve | null;
}

/** Training loss and accuracy by step, of fewer points than were recorded: each the mean of a stretch. */
export interface TrainingCurve {
  /** Step at the end of the stretch, loss and accuracy. */
  readonly training: readonly (readonly [step: number, loss: number, accuracy: number])[];
  readonly test: readonly (readonly [step: number, loss: number | null, accuracy: number])[];
  /** The step at which the interpolation threshold was reached; null where it was not. */
  readonly threshold: number | null;
}

/** The first training images of a data folder, side by side in one picture, with their labels. */
export interface SampleImages {
  /** A data URL: images of 28×28 pixels. */
  readonly picture: string;
  /** What the model is trained to say of each. */
  readonly labels: readonly string[];
  /** The labels before they were corrupted; null where those are not known. */
  readonly trueLabels: readonly string[] | null;
}

/** What was printed when results were made, by name of the node: all of it, or the last lines. */
export type NodeLogs = Readonly<Record<string, { readonly text: string; readonly isCut: boolean }>>;
