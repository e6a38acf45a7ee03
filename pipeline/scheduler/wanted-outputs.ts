/** Which outputs of a run have to be here, even where nothing that reads them runs. */

import { findNodes } from '../graph/select.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { Run } from './run.ts';

/**
 * The outputs that a run puts in their places whatever it takes: those of what it was asked for, and those
 * without which nobody can look at a node. Of all others it is enough to know their digests.
 */
export class WantedOutputs {
  readonly #nodes: Set<NodeId> | null;
  /** Names of outputs that are read as parameters, by node. */
  readonly #read = new Map<NodeId, Set<string>>();

  constructor({ graph, nodes, settings: { targets, recheck } }: Run) {
    // A result is made again from inputs in their places.
    if (targets.length === 0 || recheck !== null) {
      this.#nodes = null;
      return;
    }
    this.#nodes = new Set(targets.flatMap((target) => findNodes(graph, target) ?? []));
    for (const node of nodes) {
      // Whatever stands upstream may be at one of the paths that it reads.
      if (node.findsInputs) this.#addUpstream(node, graph.nodes);
      for (const { as, sources } of node.inputs) {
        if (as !== 'params') continue;
        for (const source of sources) {
          if (source.kind === 'output') this.#addOutput(source.node, source.output);
        }
      }
    }
  }

  has(node: GraphNode, output: string): boolean {
    const { id } = node;
    return this.#nodes?.has(id) !== false || this.#read.get(id)?.has(output) === true;
  }

  /** All outputs of a node have to be here from now on. */
  add({ id }: GraphNode): void {
    this.#nodes?.add(id);
  }

  #addUpstream({ upstream }: GraphNode, all: ReadonlyMap<NodeId, GraphNode>): void {
    const visit = [...upstream];
    for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
      if (this.#nodes?.has(id) === true) continue;
      this.#nodes?.add(id);
      visit.push(...(all.get(id)?.upstream ?? []));
    }
  }

  #addOutput(id: NodeId, output: string): void {
    const names = this.#read.get(id) ?? new Set();
    this.#read.set(id, names.add(output));
  }
}
