/** Running, a node's share of the machine, whose CPUs may become more and fewer while it runs. */

import type { GrantedCpus } from '../executor/executor.ts';
import { resourcesOf } from '../graph/node-resources.ts';
import type { GraphNode } from '../graph/types.ts';
import { type Holding, mostCpusOf, type ResourcePool } from './resources.ts';

/**
 * What a node has of a machine, from its start to its end. A stage that asks how many CPUs it may use
 * is given more and fewer while it runs; one that does not keeps those that it has begun with. CPUs
 * that are asked back count as taken until the stage has heard of it.
 */
export class Share implements GrantedCpus {
  readonly least: number;
  readonly most: number;
  readonly #pool: ResourcePool;
  readonly #rest: Holding;
  readonly #listeners: ((cpus: number) => void)[] = [];
  #now: number;
  #held: number;
  /** Ids of the GPUs that it has, or had when it was taken last; null before. */
  #gpus: readonly string[] | null = null;
  #isTaken = false;
  #state: 'waiting' | 'begun' | 'heeding' = 'waiting';
  /** Called when the stage has heard how many CPUs it may use: others may be free now. */
  onHeed: () => void = () => {};

  /** A share of which nothing is taken yet. */
  constructor(node: Pick<GraphNode, 'stage' | 'variables'>, pool: ResourcePool) {
    const resources = resourcesOf(node);
    const { cpus, ...rest } = pool.shareOf(resources, node.stage);
    const isHere = cpus > 0;
    this.least = isHere ? cpus : resources.cpus;
    this.most = isHere ? mostCpusOf(resources, pool.total.cpus) : resources.cpus;
    this.#pool = pool;
    this.#rest = { ...rest, cpus: 0 };
    this.#now = this.least;
    this.#held = cpus;
  }

  /** How many CPUs the node may use now. */
  get now(): number {
    return this.#now;
  }

  /** How many count as taken: what it may use, and what it has not given back yet. */
  get held(): number {
    return this.#held;
  }

  /** Whether its stage has not begun: what it is to have may still be chosen. */
  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Whether its CPUs can become more or fewer. */
  get isFlexible(): boolean {
    return this.#state !== 'begun' && this.least < this.most;
  }

  /** Ids of the GPUs that are the node's, wholly or in part, once it is taken. */
  get gpus(): readonly string[] {
    return this.#gpus ?? [];
  }

  /** Takes it from the pool, the same GPUs where it was taken before. @returns false where it is not free */
  take(): boolean {
    const gpus = this.#pool.take({ ...this.#rest, cpus: this.#held }, this.#gpus ?? undefined);
    this.#isTaken = gpus !== null;
    this.#gpus ??= gpus;
    return this.#isTaken;
  }

  give(): void {
    if (this.#isTaken) this.#pool.give({ ...this.#rest, cpus: this.#held }, this.gpus);
    this.#isTaken = false;
  }

  /**
   * Grants another number of CPUs.
   *
   * @throws Error where those that it does not hold are not free: a bug of ours
   */
  grant(cpus: number): void {
    if (cpus > this.#held) this.#hold(cpus);
    this.#now = cpus;
    if (this.isWaiting) this.#hold(cpus);
    for (const listener of this.#listeners) listener(cpus);
  }

  /** The stage begins. @returns the CPUs that it begins with, which it keeps unless it heeds changes */
  begin(): number {
    this.#state = 'begun';
    return this.#now;
  }

  follow(listener: (cpus: number) => void): void {
    this.#listeners.push(listener);
  }

  heed(cpus: number): void {
    this.#state = 'heeding';
    // It may have heard of fewer than it has been granted since, or of more than are left to it.
    this.#hold(Math.max(this.#now, Math.min(this.#held, cpus)));
    this.onHeed();
  }

  #hold(cpus: number): void {
    const change = cpus - this.#held;
    if (this.#isTaken && change > 0 && this.#pool.take({ ...NOTHING, cpus: change }) === null) {
      throw new Error(`${change} CPUs were granted that are not free`);
    }
    if (this.#isTaken && change < 0) this.#pool.give({ ...NOTHING, cpus: -change }, []);
    this.#held = cpus;
  }
}

const NOTHING: Holding = { cpus: 0, memoryBytes: 0, gpus: 0 };
