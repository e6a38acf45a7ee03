/** Which waiting node goes first: the one with the longest predicted path to an end. */

import type { GraphNode, NodeId } from '../graph/types.ts';
import { scaleSeconds } from '../inspect/durations.ts';

/** What a node of a stage that never ran is taken to need: little, but more than nothing. */
const UNKNOWN_SECONDS = 1;

/**
 * Seconds that a node is expected to run with the least that it needs, for putting nodes in order. It does not look at the state
 * of a node, which changes while a run goes on, so that a plan and its run have one order.
 */
export function expectSeconds(durations: {
  readonly predict: (
    node: GraphNode,
    record: null,
  ) => { readonly seconds: number | null; readonly cpus: number | null };
}): (node: GraphNode) => number {
  return (node) => {
    const { seconds, cpus } = durations.predict(node, null);
    if (seconds === null) return UNKNOWN_SECONDS;
    return scaleSeconds({ seconds, cpus }, node.stage.resources.cpus);
  };
}

/**
 * The place of each node in the order in which waiting nodes start: those first from which the way
 * to the last end of the graph takes longest, because they decide when the run is over. Equal ones
 * keep the order of the graph.
 *
 * @param nodes in topological order
 */
export function rankNodes(
  nodes: readonly GraphNode[],
  secondsOf: (node: GraphNode) => number,
): ReadonlyMap<NodeId, number> {
  /** By node, the seconds of the longest chain that starts after it. */
  const after = new Map<NodeId, number>();
  const lengths = new Map<NodeId, number>();
  for (const node of nodes.toReversed()) {
    const length = secondsOf(node) + (after.get(node.id) ?? 0);
    lengths.set(node.id, length);
    for (const id of node.upstream) after.set(id, Math.max(after.get(id) ?? 0, length));
  }
  const longestFirst = [...lengths].reverse().sort(([, a], [, b]) => b - a);
  return new Map(longestFirst.map(([id], place) => [id, place]));
}
