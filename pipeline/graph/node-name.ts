/** Names of nodes: `stage`, or `stage/cell`. */

/** The stage of a node, by its name. */
export function stageOf(node: string): string {
  return node.split('/', 1)[0] ?? node;
}
