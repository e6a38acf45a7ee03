/** Which attempts ran at the same time. */

import type { GraphNode, NodeId } from '../graph/types.ts';

/** When the attempts of a run were under way: who could have touched what others read. */
export class Overlaps {
  readonly #now: () => number;
  readonly #spans = new Map<NodeId, { readonly node: GraphNode; from: number; to: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(node: GraphNode): void {
    this.#spans.set(node.id, { node, from: this.#now(), to: Infinity });
  }

  end(node: GraphNode): void {
    const span = this.#spans.get(node.id);
    if (span !== undefined) span.to = this.#now();
  }

  /** The nodes that were under way beside the last attempt at a node and read a path that it reads. */
  findReaders(node: GraphNode, path: string): NodeId[] {
    const own = this.#spans.get(node.id);
    if (own === undefined) return [];
    return [...this.#spans.values()]
      .filter((span) => span !== own && span.from <= own.to && own.from <= span.to)
      .filter((span) => reads(span.node, path))
      .map((span) => span.node.id);
  }
}

function reads({ inputs }: GraphNode, path: string): boolean {
  return inputs.some(({ sources }) =>
    sources.some(
      (source) =>
        source.path === path ||
        source.path.startsWith(`${path}/`) ||
        path.startsWith(`${source.path}/`),
    ),
  );
}
