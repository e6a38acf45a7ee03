/** Decides what goes next, and does nothing: the same for a run and for its forecast. */

import { resourcesOf } from '../graph/node-resources.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { Resources } from '../pipeline-file/types.ts';
import { rankNodes } from './priorities.ts';
import { type ResourceKind, type ResourcePool, takesOf } from './resources.ts';
import { Share } from './share.ts';
import { spreadCpus } from './spread-cpus.ts';

/**
 * So often a waiting node is overtaken, for want of something that those that overtake it take, by
 * nodes of lower rank. Then these wait too: a large node is not kept waiting by a stream of small ones.
 */
export const MAX_OVERTAKES = 16;

/** A node that must run, until its resources are free. */
interface WaitingNode {
  readonly node: GraphNode;
  readonly resources: Resources;
  readonly rank: number;
  overtaken: number;
}

/** A node that may run now, with the share that was taken for it. */
export interface Runnable {
  readonly node: GraphNode;
  readonly share: Share;
}

/**
 * Decides, and nothing else, which node may go next: those whose upstream is done are looked at in
 * order; those that must run wait until their resources are free, and of those that fit the one goes
 * first behind which the longest work lies.
 */
export class Schedule {
  readonly #pool: ResourcePool;
  readonly #secondsOf: (node: GraphNode) => number;
  #ranks: ReadonlyMap<NodeId, number> | undefined;
  readonly #downstream = new Map<NodeId, GraphNode[]>();
  readonly #waitingFor = new Map<NodeId, number>();
  readonly #nodes: ReadonlyMap<NodeId, GraphNode>;
  #ready: GraphNode[];
  /** How many of `#ready` were handed out: taking from the front of a long list would copy it. */
  #readyTaken = 0;
  /** By rank. */
  #queue: WaitingNode[] = [];
  /** How many at the front of `#queue` were taken; see `#readyTaken`. */
  #queueTaken = 0;
  readonly #open: Set<NodeId>;
  /** Nodes that are made again although they were done, with those that wait for that. */
  readonly #redone = new Map<NodeId, GraphNode[]>();
  /** Of the nodes that run, in the order of their start. */
  readonly #shares = new Map<NodeId, Share>();
  /** Shares whose CPUs may become more and fewer, which those of jobs are not. */
  readonly #ranges = new Map<NodeId, Share>();

  /**
   * @param nodes in topological order; what stands upstream and is not among them is done
   * @param secondsOf how long a node is expected to run; asked only if anything has to
   */
  constructor(
    nodes: readonly GraphNode[],
    pool: ResourcePool,
    secondsOf: (node: GraphNode) => number,
  ) {
    this.#pool = pool;
    this.#secondsOf = secondsOf;
    this.#nodes = new Map(nodes.map((node) => [node.id, node]));
    this.#open = new Set(this.#nodes.keys());
    for (const node of nodes) {
      const upstream = node.upstream.filter((id) => this.#nodes.has(id));
      this.#waitingFor.set(node.id, upstream.length);
      for (const id of upstream) {
        const list = this.#downstream.get(id);
        if (list === undefined) this.#downstream.set(id, [node]);
        else list.push(node);
      }
    }
    this.#ready = nodes.filter((node) => this.#waitingFor.get(node.id) === 0);
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
    this.#ranks ??= rankNodes([...this.#nodes.values()], this.#secondsOf);
    const rank = this.#ranks.get(node.id) ?? Infinity;
    // From the end, where most of them belong: among equals they come in the order of the graph.
    let at = this.#queue.length;
    while (at > this.#queueTaken && (this.#queue[at - 1]?.rank ?? 0) >= rank) at--;
    this.#queue.splice(at, 0, { node, resources: resourcesOf(node), rank, overtaken: 0 });
  }

  /** The waiting node of the first rank whose resources are free; they are taken for it. */
  nextRunnable(): Runnable | undefined {
    // Each node takes a CPU, or a place for a job.
    if (this.#pool.isFull) return undefined;
    const passed: { readonly waiting: WaitingNode; readonly lacks: readonly ResourceKind[] }[] = [];
    const reserved = new Set<ResourceKind>();
    for (let index = this.#queueTaken; index < this.#queue.length; index++) {
      const waiting = this.#queue[index];
      if (waiting === undefined) break;
      const share = this.#pool.shareOf(waiting.resources, waiting.node.stage);
      const takes = takesOf(share);
      if (takes.some((kind) => reserved.has(kind))) continue;
      const lacks = this.#pool.lacksFor(share);
      if (lacks.length === 0) {
        this.#removeAt(index);
        for (const one of passed) {
          if (one.lacks.some((kind) => takes.includes(kind))) one.waiting.overtaken++;
        }
        return this.#take(waiting.node);
      }
      passed.push({ waiting, lacks });
      if (waiting.overtaken >= MAX_OVERTAKES) for (const kind of lacks) reserved.add(kind);
    }
    return undefined;
  }

  #removeAt(index: number): void {
    if (index > this.#queueTaken) this.#queue.splice(index, 1);
    else this.#queueTaken++;
    if (this.#queueTaken * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#queueTaken);
    this.#queueTaken = 0;
  }

  #take(node: GraphNode): Runnable {
    const share = new Share(node, this.#pool);
    share.take();
    this.adopt(node, share);
    return { node, share };
  }

  /** A node runs already, with a share that has been taken. */
  adopt({ id }: GraphNode, share: Share): void {
    this.#shares.set(id, share);
    if (share.least < share.most) this.#ranges.set(id, share);
  }

  /** Gives back the resources of a node that ran. */
  release({ id }: GraphNode): void {
    this.#shares.get(id)?.give();
    this.#shares.delete(id);
    this.#ranges.delete(id);
  }

  /** Shares out the CPUs that no node waits for, when nothing more can start: {@link spreadCpus}. */
  spreadCpus(): void {
    const shares = [...this.#ranges.values()];
    if (shares.some(({ isFlexible }) => isFlexible)) {
      spreadCpus(shares, this.#pool, (most) => this.#countClaimed(most));
    }
  }

  /** How many of some CPUs the waiting nodes want that could start with them. */
  #countClaimed(most: number): number {
    const left = this.#pool.copyWith(most);
    for (let index = this.#queueTaken; index < this.#queue.length && left.freeCpus > 0; index++) {
      const waiting = this.#queue[index];
      if (waiting === undefined) break;
      left.take(this.#pool.shareOf(waiting.resources, waiting.node.stage));
    }
    return most - left.freeCpus;
  }

  /** A node has a result: what waited for it alone is ready now. */
  succeed(node: GraphNode): void {
    this.#open.delete(node.id);
    const followers = this.#redone.get(node.id) ?? this.#downstream.get(node.id) ?? [];
    this.#redone.delete(node.id);
    for (const follower of followers) {
      const left = (this.#waitingFor.get(follower.id) ?? 0) - 1;
      this.#waitingFor.set(follower.id, left);
      if (left === 0 && this.#open.has(follower.id)) this.#ready.push(follower);
    }
  }

  /** A node that is done has to be made again, since its outputs are gone: a reader of them waits for that. */
  redo(node: GraphNode, reader: GraphNode): void {
    const readers = this.#redone.get(node.id);
    if (readers === undefined) {
      this.#redone.set(node.id, [reader]);
      this.#open.add(node.id);
      this.#ready.push(node);
    } else readers.push(reader);
    this.#waitingFor.set(reader.id, (this.#waitingFor.get(reader.id) ?? 0) + 1);
  }

  /** A node has no result: everything downstream is out. @returns those nodes, in order */
  fail(node: GraphNode): GraphNode[] {
    this.#open.delete(node.id);
    const lost = new Set<NodeId>();
    const visit = [...(this.#downstream.get(node.id) ?? [])];
    for (let next = visit.pop(); next !== undefined; next = visit.pop()) {
      if (lost.has(next.id) || !this.#open.has(next.id)) continue;
      lost.add(next.id);
      visit.push(...(this.#downstream.get(next.id) ?? []));
    }
    if (lost.size === 0) return [];
    for (const id of lost) this.#open.delete(id);
    return [...this.#nodes.values()].filter(({ id }) => lost.has(id));
  }

  /** Whether a node is still to have a result: neither succeeded, nor failed, nor given up. */
  isOpen(node: GraphNode): boolean {
    return this.#open.has(node.id);
  }

  /** All nodes that are still to have a result, those that run among them, in order. */
  get open(): GraphNode[] {
    return [...this.#nodes.values()].filter(({ id }) => this.#open.has(id));
  }

  /** Gives up on all that has not started. @returns those nodes, in order */
  drain(): GraphNode[] {
    const left = this.open;
    this.#open.clear();
    this.#ready = [];
    this.#readyTaken = 0;
    this.#queue = [];
    this.#queueTaken = 0;
    return left;
  }
}
