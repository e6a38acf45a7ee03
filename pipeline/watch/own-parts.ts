import type { Json } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import { contentId, hasContent } from '../fingerprint/path-content.ts';
import { readInput } from '../fingerprint/read-input.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { InspectionTools } from '../inspect/inspect.ts';

/** What of each node's fingerprint does not come from other nodes. */
export type OwnParts = ReadonlyMap<NodeId, string>;

/**
 * Describes nodes by what an edit can change: declaration, parameters, code, files of the workspace.
 * Two descriptions differ where the work of a node may have become another, or its resources.
 */
export async function describeOwnParts(
  nodes: readonly GraphNode[],
  tools: InspectionTools,
): Promise<OwnParts> {
  const parts = new Map<NodeId, string>();
  for (const node of nodes) {
    const files = node.inputs
      .flatMap(({ sources }) => sources)
      .filter(({ kind }) => kind === 'file')
      .map(({ path }) => describeContent(path, tools));
    const declaration = {
      action: node.action,
      params: node.params,
      inputs: node.inputs,
      outputs: node.outputs,
      upstream: node.upstream,
      extends: node.stage.extends,
      env: node.stage.env,
      resources: node.stage.resources,
      code: await describeCode(node, tools),
      files,
    };
    parts.set(node.id, stringifyCanonical(declaration as unknown as Json));
  }
  return parts;
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

async function describeCode({ action }: GraphNode, tools: InspectionTools): Promise<string | null> {
  if (action.kind === 'module') {
    const code = await tools.code.digestModule(action.module);
    return code.ok ? code.value.digest : null;
  }
  if (action.kind === 'command') return null;
  const analysis = tools.analyzeTemplate(action.template);
  return analysis.ok ? tools.code.digestTemplate(analysis.value).digest : null;
}
