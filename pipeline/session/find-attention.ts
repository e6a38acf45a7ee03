/** What `status` and `plan` say of nodes that are not simply up to date: why, edited, run elsewhere. */

import type { Cause } from '../explain/difference.ts';
import { Explainer } from '../explain/explainer.ts';
import { describeMisplaced } from '../explain/misplaced.ts';
import type { NodeId } from '../graph/types.ts';
import type { Plan } from '../inspect/plan.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import { openLeases } from '../lease/open-leases.ts';
import type { Session } from './open-session.ts';

/** What is to be said of a node beside its state. */
export interface Attention {
  /** Of a node without a result, what made it so; empty where that was not looked for. */
  readonly causes: readonly Cause[];
  /** Of a cached one, whether something else stands where its outputs belong. */
  readonly isEdited: boolean;
  /** The process that runs it at the moment; null for none. */
  readonly holder: LeaseHolder | null;
}

/** By node; nothing of those of which nothing is to be said. */
export type Attentions = ReadonlyMap<NodeId, Attention>;

/** So many nodes are explained: what has more of them says how many, and `why` says why. */
const MOST_EXPLAINED = 500;

/** Looks for what is to be said of the nodes of a plan beside their states. Changes nothing. */
export function findAttention({ graph, layout, tools, history }: Session, plan: Plan): Attentions {
  const found = new Map<NodeId, Attention>();
  const explainer = new Explainer(graph, { ...tools, history });
  const leases = openLeases(layout, tools.environment);
  for (const { inspection } of plan.nodes) if (inspection !== null) explainer.note(inspection);
  for (const { node, state, inspection } of plan.nodes) {
    if (inspection === null) continue;
    const isExplained = found.size < MOST_EXPLAINED;
    if (state === 'run') {
      const holder = leases.isRunningElsewhere(inspection.fingerprint);
      // One that is forced has its result.
      const causes =
        isExplained && inspection.result === null ? explainer.findCauses(inspection) : [];
      found.set(node.id, { causes, isEdited: false, holder });
    } else if (state === 'cached' && isExplained) {
      const isEdited = describeMisplaced(inspection, tools).some(
        ({ found: stands }) => stands === 'changed',
      );
      found.set(node.id, { causes: [], isEdited, holder: null });
    }
  }
  return found;
}
