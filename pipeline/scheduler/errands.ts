/** What nodes wait for that comes from elsewhere, a thousand at a time, and the loop by one promise. */

import type { GraphNode } from '../graph/types.ts';

/** Nodes for which something is fetched. */
export class Errands {
  readonly #open = new Set<GraphNode>();
  #done: GraphNode[] = [];
  #wake: () => void = () => {};
  #waking: Promise<void> = Promise.resolve();

  constructor() {
    this.#renew();
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#done.length === 0;
  }

  /** @param onError told of anything that the work throws; the node does not come back then */
  send(node: GraphNode, work: Promise<void>, onError: (error: unknown) => void): void {
    this.#open.add(node);
    const come = () => {
      if (this.#open.delete(node)) this.#done.push(node);
    };
    work
      .then(come, (error: unknown) => {
        if (this.#open.delete(node)) onError(error);
      })
      .finally(() => this.#wake());
  }

  /** Takes out a node for which all has come that could be had. */
  takeDone(): GraphNode | undefined {
    return this.#done.shift();
  }

  /** Until something has come; nothing where nothing is on its way. */
  pauses(): Promise<void>[] {
    if (this.#open.size === 0) return [];
    const waking = this.#waking;
    return [waking.then(() => this.#renew(waking))];
  }

  /** Nothing is waited for any more; what comes is left where it is. */
  clear(): void {
    this.#open.clear();
    this.#done = [];
    this.#wake();
  }

  #renew(over?: Promise<void>): void {
    if (over !== undefined && over !== this.#waking) return;
    this.#waking = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
