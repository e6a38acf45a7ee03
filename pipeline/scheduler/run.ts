/**
 * Running, what a run is: nodes to bring up to date, with which settings, machine and services.
 */

import type { Graph, GraphNode } from '../graph/types.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { stackFile } from '../system/fault.ts';
import type { StateLayout } from '../system/layout.ts';
import type { CarriedAttempts } from './carried-attempts.ts';
import type { ResourcePool } from './resources.ts';
import type { RunServices } from './run-services.ts';
import type { RunSettings } from './run-settings.ts';

/** A run. */
export interface Run {
  readonly id: string;
  readonly layout: StateLayout;
  readonly graph: Graph;
  /** In topological order, closed under upstream. */
  readonly nodes: readonly GraphNode[];
  readonly settings: RunSettings;
  /** What of this machine it may use. */
  readonly pool: ResourcePool;
  /** Aborted by Ctrl-C; a text as its reason is what skipped nodes are told. */
  readonly signal: AbortSignal;
  /** Tells why nodes run; null where nobody asks. */
  readonly explainer: RunExplainer | null;
  /** Where attempts go on from one run to the next; null where there is no next. */
  readonly carried: CarriedAttempts | null;
  /** What in folders does not count. */
  readonly ignored: IgnoreRules;
  /** Files that a stage, by its name, was said to read without declaring them, from its command alone. */
  readonly told: ReadonlyMap<string, ReadonlySet<string>>;
  readonly services: RunServices;
}

/** The file that the stack traces of bugs of ours go to. */
export function stackPathOf({ id, layout }: Run): string {
  return stackFile(layout.run(id));
}

/** Puts into words why nodes run. It is told of every node, whether it runs or not. */
export interface RunExplainer {
  readonly note: (inspection: Inspection) => void;
  /** One line. The node and all that stands upstream were noted. */
  readonly explain: (inspection: Inspection) => string;
}
