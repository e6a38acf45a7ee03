import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../fingerprint/canonical.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { Leases } from '../lease/leases.ts';
import { PulseReader } from '../lease/pulse-reader.ts';

const LOOK_EVERY_MS = 200;

/** The nodes of a run that wait for work of another process, looked at a few times a second. */
export class Waits {
  readonly #leases: Leases;
  readonly #waiting = new Map<NodeId, { node: GraphNode; work: Digest }>();
  /** Kept beyond a wait: who has been silent is not given all its time again. */
  readonly #watches = new Map<Digest, PulseReader>();
  #free: GraphNode[] = [];
  #tick: Promise<void> | null = null;
  readonly #end = new AbortController();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  readonly watchOf = (work: Digest): PulseReader => {
    const watch = this.#watches.get(work) ?? new PulseReader();
    this.#watches.set(work, watch);
    return watch;
  };

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
      const sighting = this.#leases.look(work);
      return sighting === null || this.#leases.isFree(sighting, this.watchOf(work));
    } catch {
      // What is wrong, such as a disk that does not answer, shows when the node is taken up.
      return true;
    }
  }
}
