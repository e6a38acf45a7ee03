/** Running, its start: nodes that need no look are recalled in one pass. */

import type { Fingerprint } from '../fingerprint/record.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { KnownResult } from '../inspect/inspect.ts';
import type { RecalledNode } from '../inspect/recall.ts';
import { describeFault } from '../system/fault.ts';
import type { Outcomes } from './outcomes.ts';
import { type Run, stackPathOf } from './run.ts';

/** What recalling nodes left. */
export interface Recalled {
  /** Nodes that have to be looked at. */
  readonly left: readonly GraphNode[];
  /** Results that they read. */
  readonly known: Map<NodeId, KnownResult>;
  readonly used: Fingerprint[];
}

/** Recalls the nodes of a run that need no look, and tells that they are up to date. */
export async function recallUnchanged(run: Run, outcomes: Outcomes): Promise<Recalled> {
  const found = await findUnchanged(run);
  const known = new Map<NodeId, KnownResult>();
  const used: Fingerprint[] = [];
  const left = run.nodes.filter((node) => {
    const result = found.get(node.id);
    if (result !== undefined) {
      used.push(result.fingerprint);
      outcomes.cached(node, false, result.summary);
      return false;
    }
    for (const id of node.upstream) {
      const above = found.get(id);
      if (above !== undefined) known.set(id, above);
    }
    return true;
  });
  return { left, known, used };
}

/** The nodes that need no look, with what is known of their results. */
async function findUnchanged(run: Run): Promise<ReadonlyMap<NodeId, RecalledNode>> {
  const { settings, services, explainer } = run;
  const { memory, events } = services;
  // What explains a node compares the inspections of all that stands upstream; a strict audit asks
  // more of a result than that it is there, and so does one that could have seen more.
  const { strict, commands } = settings.audit;
  const asksMore = settings.force !== false || explainer !== null || strict || commands;
  if (memory === null || asksMore) return new Map();
  try {
    return await memory.find(run.nodes);
  } catch (error) {
    // What is remembered only saves looking at nodes.
    const fault = describeFault(error, stackPathOf(run));
    const text = `every node is looked at again: ${fault}`;
    events.report({ type: 'warning', time: events.now(), node: null, text });
    return new Map();
  }
}
