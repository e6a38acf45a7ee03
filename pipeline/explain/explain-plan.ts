/** `why`: nodes of a plan → why each would run. */

import type { ResultRecord } from '../cache/results.ts';
import type { Graph, NodeId } from '../graph/types.ts';
import { describeNode } from '../inspect/describe-node.ts';
import { digestCode } from '../inspect/ingredients.ts';
import type { NodeState, Plan, PlannedNode } from '../inspect/plan.ts';
import { lengthenChains, mergeCauses } from './causes.ts';
import type { ExplainTools, ResultComparison } from './comparer.ts';
import type { Cause } from './difference.ts';
import { Explainer } from './explainer.ts';
import { describeMisplaced, type MisplacedOutput } from './misplaced.ts';

/** Why a node is in its state. */
export interface Explanation {
  readonly node: NodeId;
  readonly state: NodeState;
  /** The result filed under today's fingerprint. */
  readonly result: ResultRecord | null;
  /** The record filed under today's fingerprint cannot be read: its fingerprint. */
  readonly damagedRecord: string | null;
  /** Outputs of that result that are not in their place. */
  readonly misplaced: readonly MisplacedOutput[];
  /** The nearest earlier result; null where there is none, or the inputs are not known yet. */
  readonly comparison: ResultComparison | null;
  /** Where what differs comes from; of a node that waits for others, why those must run. */
  readonly causes: readonly Cause[];
}

/** Explains some nodes of a plan. */
export async function explainPlan(
  graph: Graph,
  plan: Plan,
  wanted: readonly NodeId[],
  tools: ExplainTools,
): Promise<Explanation[]> {
  const explainer = new Explainer(graph, tools);
  for (const { inspection } of plan.nodes) if (inspection !== null) explainer.note(inspection);
  const explanations = new Map<NodeId, Explanation>();
  const isWanted = new Set(wanted);
  // In topological order: the causes of what stands upstream are known.
  for (const planned of plan.nodes) {
    const { id } = planned.node;
    const hasResult = planned.state === 'up-to-date' || planned.state === 'cached';
    if (hasResult && !isWanted.has(id)) continue;
    explanations.set(id, await explainNode(planned, explanations, explainer, tools));
  }
  return wanted.flatMap((id) => explanations.get(id) ?? []);
}

async function explainNode(
  { node, state, inspection }: PlannedNode,
  upstream: ReadonlyMap<NodeId, Explanation>,
  explainer: Explainer,
  tools: ExplainTools,
): Promise<Explanation> {
  if (inspection !== null) {
    const { result, damaged, fingerprint } = inspection;
    const comparison = damaged ? null : explainer.comparer.compare(inspection);
    return {
      node: node.id,
      state,
      result,
      damagedRecord: damaged ? fingerprint : null,
      misplaced: describeMisplaced(inspection, tools),
      comparison,
      causes: result === null || comparison !== null ? explainer.findCauses(inspection) : [],
    };
  }
  const code = await digestCode(node, tools);
  const described = await describeNode(node, tools);
  const comparison =
    code.ok && described.ok ? explainer.comparer.compareKnown(described.value, code.value) : null;
  const own = (comparison?.differences ?? []).map(
    (reason): Cause => ({ chain: [node.id], reason }),
  );
  const fromUpstream = node.upstream.flatMap((id) => {
    const above = upstream.get(id);
    return above === undefined || above.result !== null ? [] : above.causes;
  });
  return {
    node: node.id,
    state,
    result: null,
    damagedRecord: null,
    misplaced: [],
    comparison: own.length === 0 ? null : comparison,
    causes: mergeCauses([...own, ...lengthenChains(fromUpstream, node.id)]),
  };
}
