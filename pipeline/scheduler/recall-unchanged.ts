import type { GraphNode, NodeId } from '../graph/types.ts';
import type { SettledNode } from '../inspect/settled-nodes.ts';
import { describeFault } from '../system/fault.ts';
import type { RunParts } from './run-parts.ts';

type UnchangedParts = Pick<RunParts, 'options' | 'tools' | 'stackPath' | 'outcomes' | 'known'>;

/** Settles the nodes of a run that need no inspection. @returns the others */
export async function recallUnchanged(
  nodes: readonly GraphNode[],
  parts: UnchangedParts,
): Promise<readonly GraphNode[]> {
  const { options, outcomes, known } = parts;
  const found = await findUnchanged(nodes, parts);
  return nodes.filter((node) => {
    const result = found.get(node.id);
    if (result !== undefined) {
      options.noteResult(result.fingerprint);
      outcomes.cached(node, false, result.summary);
      return false;
    }
    for (const id of node.upstream) {
      const above = found.get(id);
      if (above !== undefined) known.set(id, above);
    }
    return true;
  });
}

/** The nodes that need no inspection, with what is known of their results. */
async function findUnchanged(
  nodes: readonly GraphNode[],
  { options, tools, stackPath }: UnchangedParts,
): Promise<ReadonlyMap<NodeId, SettledNode>> {
  const { settings, explainer, report } = options;
  const { force, audit } = settings;
  const { settled, now } = tools;
  // What explains a node compares the inspections of all that stands upstream; a strict audit asks
  // more of a result than that it is there.
  if (settled === null || force !== false || explainer !== null || audit.strict) return new Map();
  try {
    return await settled.find(nodes);
  } catch (error) {
    // What is remembered only saves looking at nodes.
    const text = `every node is looked at again: ${describeFault(error, stackPath)}`;
    report({ type: 'warning', time: now(), node: null, text });
    return new Map();
  }
}
