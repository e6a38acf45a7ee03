/** What a run would do with each node: the look of `status`, `plan`, `why` and `graph`. */

import { completeSummary, listMeasured } from '../cache/complete-summary.ts';
import type { FiledResult } from '../cache/results.ts';
import type { NodeStatus } from '../contract/command.ts';
import type { Fingerprint, FingerprintRecord } from '../fingerprint/record.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { Pauses } from '../system/pauses.ts';
import { type Forced, isForced } from './forced.ts';
import type { Inspection, InspectionTools, KnownResult } from './inspect.ts';
import { inspectSafely } from './inspect-safely.ts';
import type { Recall, RecalledNode } from './recall.ts';

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
  readonly fingerprint: Fingerprint | null;
  /**
   * The result filed under the fingerprint, read when it is asked for, with the summary of today's
   * declaration; null where there is none.
   */
  readonly readResult: () => FiledResult | null;
  /** Null where the inputs are not known yet, and of a node that was recalled. */
  readonly inspection: Inspection | null;
  /**
   * Of a node that was inspected its fingerprint record, or what that is if all that stands upstream and runs gives again the
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

/** What planning reads. */
export interface PlanTools extends InspectionTools {
  /** Knows which nodes need no inspection; absent where whoever plans needs all inspections. */
  readonly recall?: Recall | null;
}

/** Plans nodes, given in topological order, without changing anything. */
export async function planNodes(
  graph: Graph,
  nodes: readonly GraphNode[],
  tools: PlanTools,
  force: Forced,
): Promise<Plan> {
  const recalled = force === false ? await recallNodes(nodes, tools) : NOTHING_RECALLED;
  const known = new Map<NodeId, KnownResult>();
  /** The known ones, and those in place of nodes that will run all the same. */
  const likely = new Map<NodeId, KnownResult>();
  const planned: PlannedNode[] = [];
  const diagnostics: Diagnostic[] = [];
  const undone = new Set<NodeId>();
  const pauses = new Pauses();
  for (const node of nodes) {
    await pauses.take();
    const unchanged = recalled.get(node.id);
    if (unchanged !== undefined) {
      known.set(node.id, unchanged);
      likely.set(node.id, unchanged);
      planned.push(planRecalled(node, unchanged, tools));
      continue;
    }
    if (node.upstream.some((id) => undone.has(id))) {
      const guess = node.upstream.every((id) => likely.has(id))
        ? await inspectSafely(graph, node, likely, tools, null)
        : null;
      const inspection = guess?.ok === true ? guess.value : null;
      if (inspection !== null) noteLikely(inspection);
      undone.add(node.id);
      const state = isForced(force, node) ? 'run' : 'depends-on-upstream';
      planned.push({ ...UNKNOWN, node, state, likely: inspection?.record ?? null });
      continue;
    }
    const inspected = await inspectSafely(graph, node, known, tools, null);
    if (!inspected.ok) {
      diagnostics.push(...inspected.diagnostics);
      undone.add(node.id);
      planned.push({ ...UNKNOWN, node, state: 'unreadable' });
      continue;
    }
    const inspection = inspected.value;
    const state = isForced(force, node) ? 'run' : stateOf(inspection);
    const { fingerprint, result, record } = inspection;
    planned.push({
      node,
      state,
      fingerprint,
      readResult: () => (result === null ? null : complete(node, result, tools)),
      inspection,
      likely: record,
    });
    if (state === 'up-to-date' && result !== null) tools.recall?.keep(inspection, result);
    if (inspection.result !== null && state !== 'run') {
      known.set(node.id, inspection.result);
      likely.set(node.id, inspection.result);
      continue;
    }
    undone.add(node.id);
    noteLikely(inspection);
  }
  return { nodes: planned, diagnostics };

  function noteLikely({ node, result, misplaced }: Inspection): void {
    if (result !== null && misplaced.length === 0) likely.set(node.id, result);
  }
}

const NOTHING_RECALLED: ReadonlyMap<NodeId, RecalledNode> = new Map();
/** What is known of a node without a fingerprint. */
const UNKNOWN = { fingerprint: null, readResult: () => null, inspection: null, likely: null };

async function recallNodes(
  nodes: readonly GraphNode[],
  { recall }: PlanTools,
): Promise<ReadonlyMap<NodeId, RecalledNode>> {
  try {
    return (await recall?.find(nodes)) ?? NOTHING_RECALLED;
  } catch {
    // What is remembered only saves looking at nodes, and whoever looks tells what is wrong.
    return NOTHING_RECALLED;
  }
}

function planRecalled(node: GraphNode, recalled: RecalledNode, tools: PlanTools): PlannedNode {
  const { fingerprint } = recalled;
  const readResult = () => complete(node, recalled.readResult(), tools);
  return { node, state: 'up-to-date', fingerprint, readResult, inspection: null, likely: null };
}

function complete(node: GraphNode, result: FiledResult, { objects }: PlanTools): FiledResult {
  return { ...result, summary: completeSummary(result, listMeasured(node), objects) };
}

function stateOf(inspection: Inspection): NodeState {
  if (inspection.result === null) return 'run';
  return inspection.misplaced.length === 0 ? 'up-to-date' : 'cached';
}
