import type { Graph, GraphNode } from '../graph/types.ts';
import { locateStage } from '../inspect/inspect-safely.ts';
import { describeFault } from '../system/fault.ts';

/** Why a node has no result after something was thrown, with the place of its stage. */
export function describeNodeFault(
  error: unknown,
  graph: Graph,
  node: GraphNode,
  stackPath: string,
): string {
  const { file, line, column } = locateStage(graph, node);
  return `${file}:${line}:${column}: ${describeFault(error, stackPath)}`;
}
