/** Again: what of each node an edit has changed, by its description. */

import { stringifyCanonical } from '../fingerprint/canonical.ts';
import { readStates } from '../fingerprint/found-states.ts';
import { contentId, hasContent } from '../fingerprint/path-content.ts';
import { readInput } from '../fingerprint/read-input.ts';
import { resourcesOf } from '../graph/node-resources.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { declareNode, describeNode } from '../inspect/describe-node.ts';
import type { InspectionTools } from '../inspect/inspect.ts';

/** What of each node's fingerprint does not come from other nodes. */
export type OwnParts = ReadonlyMap<NodeId, string>;

/**
 * Describes nodes by what an edit can change: declaration, parameters, code, files of the workspace.
 * Two descriptions differ where the work of a node may have become another, or its resources.
 */
export async function describeOwnParts(
  nodes: readonly GraphNode[],
  graph: Graph,
  tools: InspectionTools,
): Promise<OwnParts> {
  const parts = new Map<NodeId, string>();
  for (const node of nodes) {
    const described = await describeNode(node, tools);
    const files = node.inputs
      .flatMap(({ sources }) => sources)
      .filter(({ kind }) => kind === 'file')
      .map(({ path }) => describeContent(path, tools));
    const part = {
      declared: declareNode(node, tools.ingredients),
      // Mistakes are told by what reads the pipeline; here they are one way to be.
      observed: described.ok ? described.value.observed : null,
      files,
      // What decides how it runs, and not with what result.
      upstream: node.upstream,
      extends: node.stage.extends,
      resources: resourcesOf(node),
    };
    const found = node.findsInputs ? readStates(tools.reads.latestOf(node.id), graph, tools) : {};
    parts.set(node.id, `${stringifyCanonical(part)}${FOUND}${stringifyCanonical(found)}`);
  }
  return parts;
}

/** Stands before what a node was seen to read: JSON has no line breaks. */
const FOUND = '\n';

/** A description without what nodes were seen to read, which another run may have found to be more. */
export function withoutFound(parts: OwnParts): OwnParts {
  return new Map([...parts].map(([id, part]) => [id, part.slice(0, part.indexOf(FOUND))]));
}

/** Nodes that differ between two descriptions, or are in one only. */
export function compareOwnParts(before: OwnParts, after: OwnParts): NodeId[] {
  const changed = [...after.keys()].filter((id) => before.get(id) !== after.get(id));
  return [...changed, ...[...before.keys()].filter((id) => !after.has(id))];
}

function describeContent(path: string, tools: InspectionTools): string {
  const content = readInput(path, tools);
  return hasContent(content) ? contentId(content) : content.kind;
}
