import { findNodes } from '../graph/select.ts';
import type { Graph } from '../graph/types.ts';
import type { Forced } from '../inspect/forced.ts';

/** The options that say what runs although it has a result. */
export interface ForceOptions {
  /** All that is selected. */
  readonly force?: boolean;
  /** The targets alone. */
  readonly forceTargets?: boolean;
}

/** Which nodes run although they have a result. Without targets, everything is one. */
export function readForced(
  { force = false, forceTargets = false }: ForceOptions,
  graph: Graph,
  targets: readonly string[],
): Forced {
  if (force || !forceTargets || targets.length === 0) return force || forceTargets;
  return new Set(targets.flatMap((target) => findNodes(graph, target) ?? []));
}
