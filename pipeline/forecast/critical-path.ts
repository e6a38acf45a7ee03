/** The chain of nodes that decides how long a run takes. */

import type { GraphNode, NodeId } from '../graph/types.ts';

/**
 * The chain of nodes, each needing the one before, that takes longest together. Nodes that take no
 * time are left out of it.
 *
 * @param nodes in topological order
 */
export function findCriticalPath(
  nodes: readonly GraphNode[],
  secondsOf: (node: GraphNode) => number,
): { readonly nodes: readonly NodeId[]; readonly seconds: number } {
  const ends = new Map<NodeId, { readonly seconds: number; readonly before: NodeId | null }>();
  let last: NodeId | null = null;
  for (const node of nodes) {
    let before: NodeId | null = null;
    for (const id of node.upstream) {
      if ((ends.get(id)?.seconds ?? 0) > (before === null ? 0 : (ends.get(before)?.seconds ?? 0))) {
        before = id;
      }
    }
    const start = before === null ? 0 : (ends.get(before)?.seconds ?? 0);
    const seconds = start + secondsOf(node);
    // A node that takes no time stands for the chain that leads to it.
    ends.set(node.id, { seconds, before });
    if (seconds > (last === null ? 0 : (ends.get(last)?.seconds ?? 0))) last = node.id;
  }
  const seconds = last === null ? 0 : (ends.get(last)?.seconds ?? 0);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const path: NodeId[] = [];
  for (let id = last; id !== null; id = ends.get(id)?.before ?? null) {
    const node = byId.get(id);
    if (node !== undefined && secondsOf(node) > 0) path.unshift(id);
  }
  return { nodes: path, seconds };
}
