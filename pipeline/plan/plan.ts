import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { NodeStatus } from '../job/contract.ts';
import type { Diagnostic } from '../spec/diagnostic.ts';
import { type Inspection, type InspectionTools, inspectNode, type KnownResult } from './inspect.ts';

/**
 * What a run would do with a node:
 * `up-to-date` nothing; `cached` put outputs back from the cache; `run` execute it;
 * `depends-on-upstream` decide when the bytes of a node upstream are known.
 */
export type NodeState = NodeStatus['state'];

/** A node with what a run would do. */
export interface PlannedNode {
  readonly node: GraphNode;
  readonly state: NodeState;
  /** Null where the inputs are not known yet. */
  readonly inspection: Inspection | null;
}

/** What a run of some nodes would do, as far as it can be known beforehand. */
export interface Plan {
  readonly nodes: readonly PlannedNode[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Plans nodes, given in topological order, without changing anything. */
export async function planNodes(
  graph: Graph,
  nodes: readonly GraphNode[],
  tools: InspectionTools,
  force: boolean,
): Promise<Plan> {
  const known = new Map<NodeId, KnownResult>();
  const planned: PlannedNode[] = [];
  const diagnostics: Diagnostic[] = [];
  const unsettled = new Set<NodeId>();
  for (const node of nodes) {
    if (node.upstream.some((id) => unsettled.has(id))) {
      unsettled.add(node.id);
      planned.push({ node, state: force ? 'run' : 'depends-on-upstream', inspection: null });
      continue;
    }
    const inspected = await inspectNode(graph, node, known, tools);
    if (!inspected.ok) {
      diagnostics.push(...inspected.diagnostics);
      unsettled.add(node.id);
      continue;
    }
    const inspection = inspected.value;
    const state = force ? 'run' : stateOf(inspection);
    planned.push({ node, state, inspection });
    if (inspection.action !== null && state !== 'run') known.set(node.id, inspection.action);
    else unsettled.add(node.id);
  }
  return { nodes: planned, diagnostics };
}

function stateOf(inspection: Inspection): NodeState {
  if (inspection.action === null) return 'run';
  return inspection.misplaced.length === 0 ? 'up-to-date' : 'cached';
}
