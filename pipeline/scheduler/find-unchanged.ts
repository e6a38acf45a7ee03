import type { GraphNode, NodeId } from '../graph/types.ts';
import type { SettledNode } from '../plan/settled-nodes.ts';
import { describeFault } from '../system/fault.ts';
import type { RunTools } from './run-node.ts';
import type { RunOptions } from './run-options.ts';

/** The nodes of a run that need no inspection, with what is known of their results. */
export function findUnchanged(
  nodes: readonly GraphNode[],
  { force, explainer, audit, report }: RunOptions,
  { settled, now }: RunTools,
  stackPath: string,
): ReadonlyMap<NodeId, SettledNode> {
  // What explains a node compares the inspections of all that stands upstream; a strict audit asks
  // more of a result than that it is there.
  if (settled === null || force !== false || explainer !== null || audit.strict) return new Map();
  try {
    return settled.find(nodes);
  } catch (error) {
    // What is remembered only saves looking at nodes.
    const text = `every node is looked at again: ${describeFault(error, stackPath)}`;
    report({ type: 'warning', time: now(), node: null, text });
    return new Map();
  }
}
