import type { GraphNode, NodeId } from '../graph/types.ts';
import type { ResourcePool } from './resources.ts';

/**
 * Decides, and nothing else, which node may go next: those whose upstream is done are looked at in
 * order; those that must run wait until their resources are free.
 */
export class Schedule {
  readonly #pool: ResourcePool;
  readonly #downstream = new Map<NodeId, GraphNode[]>();
  readonly #waitingFor = new Map<NodeId, number>();
  readonly #nodes: ReadonlyMap<NodeId, GraphNode>;
  #ready: GraphNode[];
  /** How many of `#ready` were handed out: taking from the front of a long list would copy it. */
  #readyTaken = 0;
  #queue: GraphNode[] = [];
  readonly #unsettled: Set<NodeId>;

  /** @param nodes in topological order, closed under upstream */
  constructor(nodes: readonly GraphNode[], pool: ResourcePool) {
    this.#pool = pool;
    this.#nodes = new Map(nodes.map((node) => [node.id, node]));
    this.#unsettled = new Set(this.#nodes.keys());
    for (const node of nodes) {
      this.#waitingFor.set(node.id, node.upstream.length);
      for (const id of node.upstream) {
        const list = this.#downstream.get(id);
        if (list === undefined) this.#downstream.set(id, [node]);
        else list.push(node);
      }
    }
    this.#ready = nodes.filter((node) => node.upstream.length === 0);
  }

  /** The next node whose inputs are all known; undefined where there is none for now. */
  nextReady(): GraphNode | undefined {
    if (this.#readyTaken < this.#ready.length) return this.#ready[this.#readyTaken++];
    this.#ready = [];
    this.#readyTaken = 0;
    return undefined;
  }

  /** A ready node turned out to need running: it waits for resources. */
  enqueue(node: GraphNode): void {
    this.#queue.push(node);
  }

  /** The first waiting node whose resources are free; they are taken for it. */
  nextRunnable(): GraphNode | undefined {
    const index = this.#queue.findIndex((node) =>
      this.#pool.take(this.#pool.shareOf(node.stage.resources)),
    );
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  /** Gives back the resources of a node that ran. */
  release(node: GraphNode): void {
    this.#pool.give(this.#pool.shareOf(node.stage.resources));
  }

  /** A node has a result: what waited for it alone is ready now. */
  settle(node: GraphNode): void {
    this.#unsettled.delete(node.id);
    for (const follower of this.#downstream.get(node.id) ?? []) {
      const left = (this.#waitingFor.get(follower.id) ?? 0) - 1;
      this.#waitingFor.set(follower.id, left);
      if (left === 0 && this.#unsettled.has(follower.id)) this.#ready.push(follower);
    }
  }

  /** A node has no result: everything downstream is out. @returns those nodes, in order */
  fail(node: GraphNode): GraphNode[] {
    this.#unsettled.delete(node.id);
    const lost = new Set<NodeId>();
    const visit = [...(this.#downstream.get(node.id) ?? [])];
    for (let next = visit.pop(); next !== undefined; next = visit.pop()) {
      if (lost.has(next.id) || !this.#unsettled.has(next.id)) continue;
      lost.add(next.id);
      visit.push(...(this.#downstream.get(next.id) ?? []));
    }
    for (const id of lost) this.#unsettled.delete(id);
    return [...this.#nodes.values()].filter(({ id }) => lost.has(id));
  }

  /** Gives up on all that has not started. @returns those nodes, in order */
  drain(): GraphNode[] {
    const left = [...this.#nodes.values()].filter(({ id }) => this.#unsettled.has(id));
    this.#unsettled.clear();
    this.#ready = [];
    this.#readyTaken = 0;
    this.#queue = [];
    return left;
  }
}
