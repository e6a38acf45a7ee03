/** The look at a node for who must not fail: whatever is thrown becomes the node's own mistake. */

import type { Graph, GraphNode } from '../graph/types.ts';
import type { Location, Result } from '../pipeline-file/diagnostic.ts';
import { describeFault } from '../system/fault.ts';
import {
  type Inspection,
  type InspectionTools,
  inspectNode,
  type KnownResults,
} from './inspect.ts';

/**
 * {@link inspectNode}, of which nothing is thrown: whatever goes wrong in looking at a node is a
 * mistake with the node's name and place, so that it keeps nobody from looking at the others.
 *
 * @param stackPath where the stack trace of a bug of ours goes, see {@link describeFault}
 */
export async function inspectSafely(
  graph: Graph,
  node: GraphNode,
  known: KnownResults,
  tools: InspectionTools,
  stackPath: string | null,
): Promise<Result<Inspection>> {
  try {
    return await inspectNode(graph, node, known, tools);
  } catch (error) {
    const message = `${node.id} cannot be looked at: ${describeFault(error, stackPath)}`;
    return {
      ok: false,
      diagnostics: [{ code: 'not-readable', message, location: locateStage(graph, node) }],
    };
  }
}

/** Where a node's stage is declared. Throws nothing, whatever is wrong with the file. */
export function locateStage(graph: Graph, { stage }: GraphNode): Location {
  const { source } = graph.spec;
  try {
    return source.locateKey(['stages', stage.name]);
  } catch {
    return { file: source.file, line: 1, column: 1 };
  }
}
