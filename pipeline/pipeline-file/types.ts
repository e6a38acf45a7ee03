/** What comes out of reading: `PipelineSpec`, every key known and every type right. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { YamlSource } from './yaml-source.ts';

/** What a stage does: one of the three kinds. Paths are relative to the workspace. */
export type StageAction =
  /** A TypeScript module that exports `run`; the path may hold variables. */
  | { readonly kind: 'module'; readonly module: string }
  /** A line of bash; `{{ … }}` are quoted as arguments. */
  | { readonly kind: 'command'; readonly command: string }
  /** A nunjucks template rendered to the stage's one output. */
  | { readonly kind: 'template'; readonly template: string };

/** A scalar that a matrix axis can take. */
export type AxisValue = string | number | boolean;

/**
 * The values of an axis: listed, taken from a parameter that holds a list, or as many whole numbers
 * as one parameter says, from another one on.
 */
export type AxisSpec =
  | readonly AxisValue[]
  | { readonly param: string }
  | { readonly from: string; readonly count: string };

/** A selection of cells: axis → the one value or any of several. An axis that is not named is free. */
export type CellFilter = Readonly<
  Record<string, AxisValue | readonly AxisValue[] | { readonly param: string }>
>;

/**
 * The cells of a stage: all combinations of `axes`, less those that match an `exclude`, plus all
 * combinations of each `include`.
 */
export interface MatrixSpec {
  readonly axes: Readonly<Record<string, AxisSpec>>;
  readonly include: readonly Readonly<Record<string, AxisValue | AxisSpec>>[];
  readonly exclude: readonly CellFilter[];
}

/** An input: outputs of other stages, or a file or folder of the workspace. */
export type InputSpec =
  | {
      readonly kind: 'stage';
      /** The stages, of which the profile may leave out some, that may provide it. */
      readonly from: readonly string[];
      readonly output: string;
      /** Keeps only upstream cells that match one of these; empty keeps all. */
      readonly where: readonly CellFilter[];
      /** `params`: the file is YAML whose keys count as parameters instead of its bytes. */
      readonly as: 'file' | 'params';
      /** The stage is told which results its files belong to, and depends on that. */
      readonly provenance: boolean;
    }
  | { readonly kind: 'file'; readonly path: string };

/** A file or folder that a stage makes. */
export interface OutputSpec {
  /** May hold `{{ variables }}`; relative to the workspace. */
  readonly path: string;
  /** Kept and shown, but downstream stages do not see it as changed (wall-clock figures). */
  readonly volatile: boolean;
  /** The stage's summary is taken from it. */
  readonly metrics: boolean;
  /** Top-level keys of a YAML output whose blocks are neither hashed nor overwritten. */
  readonly mutable: readonly string[];
}

/** Amounts of what nodes occupy. */
export interface Resources {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** A whole number, or the part of one that is shared with others. */
  readonly gpus: number;
}

/** What a stage occupies while it runs: at least `cpus`, and where they are free, up to `mostCpus`. */
export interface StageResources extends Resources {
  /** Null for all that there are. */
  readonly mostCpus: number | null;
}

/** How much memory the nodes take that meet conditions. */
export interface MemoryCase {
  readonly bytes: number;
  /** Axes, and parameters by dotted name, with the values that they must have; empty for all nodes. */
  readonly when: CellFilter;
}

/** How many GPUs, or which part of one, a stage takes where parameters meet conditions. */
export interface GpuCase {
  readonly count: number;
  /** Parameters by dotted name, with the values that they must have. */
  readonly when: CellFilter;
  /** Its place in a list; null where it stands alone. */
  readonly place: number | null;
}

/** A module that tells what of the machine decides the results of a stage, where parameters meet conditions. */
export interface MachineCase {
  /** Path from the workspace. */
  readonly module: string;
  /** Parameters by dotted name, with the values that they must have; empty for always. */
  readonly when: CellFilter;
  /** Its place in a list; null where it stands alone. */
  readonly place: number | null;
}

/** How a stage that failed is tried again. */
export interface RetrySpec {
  /** How often after the first attempt. */
  readonly attempts: number;
  /** Seconds before the second attempt; each further wait is twice as long. */
  readonly backoffSeconds: number;
}

/**
 * Whose process a module runs in: `reused`, one that has run other cells and in which nothing is left
 * of them; `shared`, one that has run other cells, whatever they left; `fresh`, one that has run nothing.
 */
export type ProcessUse = 'reused' | 'shared' | 'fresh';

/** What a job asks of Slurm beside the resources of its stage; what is absent is not asked. */
export interface SlurmJobSpec {
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly constraint?: string;
  readonly timeSeconds?: number;
  /** Further options of `sbatch` by their long names; true stands for one without a value, false for none. */
  readonly options: Readonly<Record<string, AxisValue>>;
}

/** What is set up on a node of a cluster before a stage runs there. Paths are from the workspace. */
export interface ClusterEnvironment {
  readonly modules: readonly string[];
  readonly prologue: string | null;
  readonly image: string | null;
  readonly apptainer: readonly string[];
  /** The program of Node; null for the one that runs the engine. */
  readonly node: string | null;
}

/** What a machine of the partition has, of which jobs take their share. */
export interface ClusterMachine {
  readonly cpus: number;
  /** Null where it does not count. */
  readonly memoryBytes: number | null;
  readonly gpus: number;
}

/** How runs use Slurm. */
export interface SlurmSpec {
  readonly job: SlurmJobSpec;
  /** Of what node-hours are counted; null where nobody has said it. */
  readonly machine: ClusterMachine | null;
  /** How many nodes may be queued or running at once. */
  readonly queued: number;
  /** How many tasks of one array may run at once. */
  readonly throttle: number;
  readonly signalSeconds: number;
  readonly pollSeconds: number;
  readonly environment: ClusterEnvironment;
}

/** A stage as declared, before its matrix is expanded. */
export interface StageSpec {
  readonly name: string;
  readonly description: string;
  /** Profiles in which the stage exists; null for all. */
  readonly profiles: readonly string[] | null;
  readonly action: StageAction;
  /** Files of code, from the workspace, that a command runs beside what its text tells. */
  readonly code: readonly string[];
  readonly matrix: MatrixSpec | { readonly like: string } | null;
  /** Name of a cell, with `{{ variables }}`; null joins the axis values. */
  readonly cellName: string | null;
  /** Dotted names of the parameters that the stage reads. */
  readonly params: readonly string[];
  /**
   * Dotted name of a numeric parameter that only makes the work longer; null where there is none. A
   * result with a smaller value, all else equal, is handed to the stage to go on from.
   */
  readonly extends: string | null;
  /** Names of the environment variables that the stage reads. */
  readonly env: readonly string[];
  /** What of the machine decides its results, by the modules that tell. */
  readonly machine: readonly MachineCase[];
  /** Stages that must be done first although no data flows. */
  readonly needs: readonly string[];
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** What it is seen to read in the workspace counts as its inputs too: `inputs: auto`. */
  readonly findsInputs: boolean;
  readonly outputs: Readonly<Record<string, OutputSpec>>;
  readonly resources: StageResources;
  /** Where its memory depends on the node: of these the first that applies, else none. */
  readonly memoryCases: readonly MemoryCase[];
  readonly process: ProcessUse;
  /** It runs on the machine of the run, also where others go to a cluster. */
  readonly isLocal: boolean;
  /** What its jobs ask of Slurm beside what all ask. */
  readonly slurm: SlurmJobSpec;
  /** Where its GPUs depend on parameters: of these the first that applies, else it takes none. */
  readonly gpuCases: readonly GpuCase[];
  /** Seconds after which an attempt is stopped; null lets it run. */
  readonly timeoutSeconds: number | null;
  readonly retries: RetrySpec;
  /** How long a node is expected to take; null where only earlier runs tell. */
  readonly estimate: EstimateSpec | null;
}

/** How long a node takes, where no run of its stage tells: said in seconds, or by a module that knows more. */
export type EstimateSpec =
  | { readonly kind: 'seconds'; readonly seconds: number }
  | { readonly kind: 'module'; readonly module: string };

/** A named set of parameter values. */
interface ProfileSpec {
  readonly description: string;
  readonly params: JsonObject;
  /** What a pilot changes in them; null where the profile has none. */
  readonly pilot: JsonObject | null;
}

/** A command that a workspace adds to the command line. */
export interface CommandSpec {
  readonly description: string;
  /** Path of the module from the workspace. */
  readonly module: string;
  /** The command also runs at the end of each run of one of these targets, and of everything. */
  readonly after: readonly string[];
}

/** Where results are shared with others, unless the environment or an argument says otherwise. */
export interface CacheSpec {
  /** Address of a server or a folder; null for none. */
  readonly remote: string | null;
  /** Whether results of others are used. */
  readonly pull: boolean;
  /** Whether results are sent there. */
  readonly push: boolean;
}

/** What of the nodes of a stage is tracked, beside what they report. */
export interface TrackedStageSpec {
  /** An output of JSON lines with steps; null for none. */
  readonly curves: string | null;
  /** An input with the layers of a model; null for none. */
  readonly graph: string | null;
  /** Outputs that are pictures. */
  readonly images: readonly string[];
  /** Outputs that are kept as files. */
  readonly assets: readonly string[];
}

/** Where experiments are watched. A tracker that is declared, if only by an empty mapping, is used by each run. */
export interface TrackersSpec {
  readonly stages: Readonly<Record<string, TrackedStageSpec>>;
  readonly tensorboard: { readonly folder?: string } | null;
  readonly mlflow: { readonly uri?: string; readonly experiment?: string } | null;
  readonly comet: {
    readonly workspace?: string;
    readonly project?: string;
    readonly url?: string;
    readonly skip?: readonly string[];
  } | null;
}

/** A validated `pipeline.yaml`: every key known, every type right; names are not yet resolved. */
export interface PipelineSpec {
  readonly source: YamlSource;
  readonly defaultProfile: string;
  readonly params: JsonObject;
  /** Patterns, in gitignore syntax, of what in folders does not count. */
  readonly ignore: readonly string[];
  /** The folder in which explorations have their outputs; null where none may be made. */
  readonly explorations: string | null;
  readonly cache: CacheSpec;
  readonly trackers: TrackersSpec;
  readonly profiles: Readonly<Record<string, ProfileSpec>>;
  readonly slurm: SlurmSpec;
  readonly stages: Readonly<Record<string, StageSpec>>;
  readonly commands: Readonly<Record<string, CommandSpec>>;
  readonly targets: Readonly<Record<string, readonly string[]>>;
}

/** Narrows a JSON value to an object. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
