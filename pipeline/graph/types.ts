/** What comes out of expansion: `Graph` and its nodes, and what expansion asks of the workspace. */

import type { JsonObject } from '../contract/values.ts';
import type { Location, Result } from '../pipeline-file/diagnostic.ts';
import type { AxisValue, PipelineSpec, StageAction, StageSpec } from '../pipeline-file/types.ts';
import type { ReadPositions } from '../shell/value-position.ts';

/** Name of a node: `<stage>/<cell>`, or `<stage>` for a stage without a matrix. */
export type NodeId = string & { readonly brand: 'NodeId' };

/** One combination of a matrix: axis → value, in the order of the axes. */
export type Cell = Readonly<Record<string, AxisValue>>;

/** Where an input of a node comes from. */
export type InputSource =
  | {
      readonly kind: 'output';
      readonly node: NodeId;
      readonly output: string;
      readonly path: string;
    }
  | { readonly kind: 'file'; readonly path: string };

/** An input of a node, with all that it stands for in a fixed order. */
export interface NodeInput {
  readonly name: string;
  readonly as: 'file' | 'params';
  /** The job names the fingerprint and the SHA-256 of each source. */
  readonly provenance: boolean;
  readonly sources: readonly InputSource[];
}

/** An output of a node. `path` is relative to the workspace, normalised, with `/`. */
export interface NodeOutput {
  readonly name: string;
  readonly path: string;
  readonly volatile: boolean;
  readonly mutable: readonly string[];
}

/** One cell of one stage: the unit that is fingerprinted, cached and run. */
export interface GraphNode {
  readonly id: NodeId;
  readonly stage: StageSpec;
  readonly cell: Cell;
  /** What it runs: the stage's action, the path of a module filled in for the cell. */
  readonly action: StageAction;
  /** Whether that is a command that may run code of the workspace. */
  readonly mayRunCode: boolean;
  /** Files of code, from the workspace, that a command runs beside what its text tells. */
  readonly code: readonly string[];
  /** What `{{ … }}` may name: parameters, then the cell's axes, `name` and `profile`. */
  readonly variables: JsonObject;
  /** Names of the environment variables that it reads. */
  readonly env: readonly string[];
  /** The modules that tell what of the machine decides its result. */
  readonly machine: readonly string[];
  /** The parameters that the node reads, by dotted name. */
  readonly params: JsonObject;
  readonly inputs: readonly NodeInput[];
  /** What it is seen to read in the workspace counts as its inputs too. */
  readonly findsInputs: boolean;
  readonly outputs: readonly NodeOutput[];
  /** The folder, with a slash at its end, in which its outputs and what other nodes make stand; empty for the workspace. */
  readonly apart: string;
  /** Nodes that must be done first, without repeats. */
  readonly upstream: readonly NodeId[];
}

/** The expanded pipeline of one profile. */
export interface Graph {
  readonly spec: PipelineSpec;
  readonly profile: string;
  readonly params: JsonObject;
  /** The most GPUs that one of its nodes takes. */
  readonly mostGpus: number;
  /** Paths of inputs that no stage makes, each once. */
  readonly fileInputs: readonly string[];
  /** Of stages whose command names files that they do not declare, these. */
  readonly named: readonly NamedFiles[];
  /** In topological order: a node stands after everything that it needs. */
  readonly nodes: ReadonlyMap<NodeId, GraphNode>;
}

/** Files that the command of a stage names and that are none of its inputs or outputs. */
export interface NamedFiles {
  /** The first of its cells that names any. */
  readonly node: NodeId;
  /** From the workspace, normalised. */
  readonly paths: readonly string[];
}

/** A template and everything it extends, includes or imports. */
export interface TemplateAnalysis {
  /** Path relative to the workspace → text. */
  readonly files: ReadonlyMap<string, string>;
  /** Where a template was looked for and was not: one that appears there changes the analysis. */
  readonly absent: readonly string[];
  /** The variables that the files read, with the place of their first use. */
  readonly variables: readonly TemplateVariable[];
}

/** A variable of a template: `['training', 'epochs']`. */
export interface TemplateVariable {
  readonly path: readonly string[];
  /** The templates bind the name themselves somewhere (`for`, `set`, a macro). */
  readonly bound: boolean;
  /** The templates ask whether it is defined, or have another value for it. */
  readonly optional: boolean;
  /** Where its value is printed as it is, without a filter; null where it never is. */
  readonly printed: Location | null;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a disk takes for the same name: those that differ in case, in the normal form of Unicode. */
export interface Folding {
  readonly case: boolean;
  readonly form: boolean;
}

/** What expansion needs to know of the workspace. */
export interface WorkspaceView {
  /** Absolute paths of the workspace: the one that it was given by, and the real one. */
  readonly roots: readonly string[];
  /** What stands at a path relative to the workspace; `special` are pipes, sockets and devices. */
  readonly kindOf: (path: string) => 'file' | 'folder' | 'special' | 'none';
  /** Reads a template with all it extends and includes. */
  readonly analyzeTemplate: (path: string) => Result<TemplateAnalysis>;
  /** What the disk of the workspace takes for the same name. */
  readonly askFolding: () => Folding;
  /** Reads a command with the grammar of bash. */
  readonly readPositions: ReadPositions;
}
