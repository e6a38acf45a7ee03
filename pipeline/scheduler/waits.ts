/** Nodes whose work another process does. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../fingerprint/canonical.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { WorkLeases } from './run-services.ts';

const LOOK_EVERY_MS = 200;

/** The nodes of a run that wait for work of another process, looked at a few times a second. */
export class Waits {
  readonly #leases: Pick<WorkLeases, 'isFree'>;
  readonly #waiting = new Map<NodeId, { node: GraphNode; work: Digest }>();
  #free: GraphNode[] = [];
  #tick: Promise<void> | null = null;
  readonly #end = new AbortController();

  constructor(leases: Pick<WorkLeases, 'isFree'>) {
    this.#leases = leases;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** @param work whose lease is to be free: the node's own, or that of who reads what it has to replace */
  add(node: GraphNode, work: Digest): void {
    this.#waiting.set(node.id, { node, work });
  }

  clear(): void {
    this.#waiting.clear();
    this.#free = [];
  }

  /** Until it is time to look again; nothing where nobody waits. */
  pauses(): Promise<void>[] {
    if (this.isEmpty) return [];
    this.#tick ??= sleep(LOOK_EVERY_MS, undefined, { signal: this.#end.signal })
      .catch(() => {})
      .then(() => this.#look())
      .finally(() => {
        this.#tick = null;
      });
    return [this.#tick];
  }

  /** Takes out a node that no process runs any more: it is done, failed, or its holder is dead. */
  takeFree(): GraphNode | undefined {
    const node = this.#free.shift();
    if (node !== undefined) this.#waiting.delete(node.id);
    return node;
  }

  /** Ends a pause, so that it does not keep the process. */
  close(): void {
    this.#end.abort();
  }

  #look(): void {
    this.#free = [...this.#waiting.values()]
      .filter(({ work }) => this.#isFree(work))
      .map(({ node }) => node);
  }

  #isFree(work: Digest): boolean {
    try {
      return this.#leases.isFree(work);
    } catch {
      // What is wrong, such as a disk that does not answer, shows when the node is taken up.
      return true;
    }
  }
}
