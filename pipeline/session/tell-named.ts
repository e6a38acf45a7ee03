/** What is to be said of files that commands name and do not declare. */

import { describeReads, nameAll } from '../audit/describe-accesses.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Session } from './open-session.ts';

/** What is said of a stage. */
export interface NamedWarning {
  readonly node: string;
  readonly text: string;
  /** The files, from the workspace. */
  readonly paths: readonly string[];
}

/** Files that a message names. */
const MOST_NAMED = 4;

/**
 * Of each stage whose command names files of the workspace that are none of its inputs, outputs or
 * code: which, and the YAML that declares them. The graph knows which stages these are.
 */
export async function listNamedWarnings(session: Session): Promise<NamedWarning[]> {
  const { graph, nodes } = session;
  if (graph.named.length === 0) return [];
  const asked = new Set(nodes.map(({ stage }) => stage.name));
  const warnings: NamedWarning[] = [];
  for (const { node: id, paths } of graph.named) {
    const node = graph.nodes.get(id);
    if (node === undefined || !asked.has(node.stage.name)) continue;
    const others = await dropCode(node, paths, session);
    if (others.length === 0) continue;
    warnings.push({ node: id, text: describe(node, others, session), paths: others });
  }
  return warnings;
}

/** Without what counts as code already, and what counts nowhere. */
async function dropCode(
  node: GraphNode,
  paths: readonly string[],
  { tools, root }: Session,
): Promise<string[]> {
  const { commands, ignored } = tools;
  await commands.find(node);
  const rules = ignored.below(root);
  return paths.filter(
    (path) => !rules.covers(path) && !commands.covers(node, { kind: 'read', path }),
  );
}

function describe(node: GraphNode, paths: readonly string[], { graph }: Session): string {
  const [them, are] = paths.length === 1 ? ['it', 'is'] : ['them', 'are'];
  const what = `its command names ${nameAll(paths, MOST_NAMED)}, which ${are} not among its inputs, so that a change of ${them} runs nothing again`;
  return describeReads(graph, node, paths, what, 'add to', MOST_NAMED);
}
