/** Running, its resources: what a node holds while its stage runs, and when it gives that back. */

import type { GraphNode, NodeId } from '../graph/types.ts';
import type { RunningAttempt } from './failure.ts';
import type { Schedule } from './schedule.ts';
import type { Share } from './share.ts';
import type { Underway } from './underway.ts';

/** A node's share of the machine. */
export interface Slot {
  readonly share: Share;
  /** Gives it back; what is left to do then waits for the disk and needs none. */
  readonly release: () => void;
}

/** Hands out slots to nodes for which the schedule has taken a share. */
export class Slots {
  readonly #schedule: Schedule;
  readonly #underway: Underway;
  /** Of the nodes that have slots what to stop; nothing where no process runs yet. */
  readonly #running = new Map<NodeId, Pick<RunningAttempt, 'stop'> | null>();
  #wake = () => {};

  constructor(schedule: Schedule, underway: Underway) {
    this.#schedule = schedule;
    this.#underway = underway;
  }

  /** How many nodes are dealt with. */
  get size(): number {
    return this.#running.size;
  }

  has({ id }: GraphNode): boolean {
    return this.#running.has(id);
  }

  /** A node's process runs now. */
  note({ id }: GraphNode, attempt: Pick<RunningAttempt, 'stop'>): void {
    this.#running.set(id, attempt);
  }

  /** A node has given back its share, or will, and counts as one that waits. */
  leave({ id }: GraphNode): void {
    this.#running.delete(id);
  }

  /** Stops what runs, as far as it has a process. */
  stopAll(): void {
    for (const attempt of this.#running.values()) attempt?.stop();
  }

  /** Until a stage has heard that it has more CPUs, or fewer: others may have become free. */
  untilHeeded(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /**
   * Does something with a node that has its share, which is given back at its end at the latest.
   *
   * @param onError told of anything that is thrown
   */
  occupy(
    node: GraphNode,
    { share }: Pick<Slot, 'share'>,
    work: (slot: Slot) => Promise<void>,
    onError: (error: unknown) => void,
  ): void {
    this.#running.set(node.id, null);
    share.onHeed = () => this.#wake();
    let release = () => {};
    const given = new Promise<void>((resolve) => {
      release = resolve;
    }).then(() => this.#schedule.release(node));
    this.#underway.add(given, onError);
    const done = work({ share, release })
      .catch(onError)
      .finally(() => {
        this.leave(node);
        release();
      });
    this.#underway.add(done, onError);
  }
}
