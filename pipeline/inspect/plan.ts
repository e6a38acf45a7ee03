import type { NodeStatus } from '../contract/command.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { Pauses } from '../system/pauses.ts';
import { type Forced, isForced } from './forced.ts';
import type { Inspection, InspectionTools, KnownResult } from './inspect.ts';
import { inspectSafely } from './inspect-safely.ts';

/**
 * What a run would do with a node:
 * `up-to-date` nothing; `cached` put outputs back from the cache; `run` execute it;
 * `depends-on-upstream` decide when the bytes of a node upstream are known;
 * `unreadable` fail it, because its inputs cannot be read.
 */
export type NodeState = NodeStatus['state'];

/** A node with what a run would do. */
export interface PlannedNode {
  readonly node: GraphNode;
  readonly state: NodeState;
  /** Null where the inputs are not known yet. */
  readonly inspection: Inspection | null;
  /**
   * Its fingerprint record, or what that is if all that stands upstream and runs gives again the
   * result that is in place; null where that cannot be told.
   */
  readonly likely: FingerprintRecord | null;
}

/** What a run of some nodes would do, as far as it can be known beforehand. */
export interface Plan {
  readonly nodes: readonly PlannedNode[];
  /** Why the unreadable ones are that. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Plans nodes, given in topological order, without changing anything. */
export async function planNodes(
  graph: Graph,
  nodes: readonly GraphNode[],
  tools: InspectionTools,
  force: Forced,
): Promise<Plan> {
  const known = new Map<NodeId, KnownResult>();
  /** The known ones, and those in place of nodes that will run all the same. */
  const likely = new Map<NodeId, KnownResult>();
  const planned: PlannedNode[] = [];
  const diagnostics: Diagnostic[] = [];
  const unsettled = new Set<NodeId>();
  const pauses = new Pauses();
  for (const node of nodes) {
    await pauses.take();
    if (node.upstream.some((id) => unsettled.has(id))) {
      const guess = node.upstream.every((id) => likely.has(id))
        ? await inspectSafely(graph, node, likely, tools, null)
        : null;
      const inspection = guess?.ok === true ? guess.value : null;
      if (inspection !== null) noteLikely(inspection);
      unsettled.add(node.id);
      const state = isForced(force, node) ? 'run' : 'depends-on-upstream';
      planned.push({ node, state, inspection: null, likely: inspection?.record ?? null });
      continue;
    }
    const inspected = await inspectSafely(graph, node, known, tools, null);
    if (!inspected.ok) {
      diagnostics.push(...inspected.diagnostics);
      unsettled.add(node.id);
      planned.push({ node, state: 'unreadable', inspection: null, likely: null });
      continue;
    }
    const inspection = inspected.value;
    const state = isForced(force, node) ? 'run' : stateOf(inspection);
    planned.push({ node, state, inspection, likely: inspection.record });
    if (inspection.result !== null && state !== 'run') {
      known.set(node.id, inspection.result);
      likely.set(node.id, inspection.result);
      continue;
    }
    unsettled.add(node.id);
    noteLikely(inspection);
  }
  return { nodes: planned, diagnostics };

  function noteLikely({ node, result, misplaced }: Inspection): void {
    if (result !== null && misplaced.length === 0) likely.set(node.id, result);
  }
}

function stateOf(inspection: Inspection): NodeState {
  if (inspection.result === null) return 'run';
  return inspection.misplaced.length === 0 ? 'up-to-date' : 'cached';
}
