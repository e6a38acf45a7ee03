/** Running: how many CPUs an attempt has on average, which its duration is remembered with. */

import type { GrantedCpus } from '../executor/executor.ts';
import type { StageResources } from '../pipeline-file/types.ts';
import { mostCpusOf } from './resources.ts';

/** The CPUs of an attempt that is to be made. */
export interface PlannedCpus extends GrantedCpus {
  /** The attempt begins. @returns how many its stage begins with */
  readonly begin: () => number;
}

/** The CPUs of an attempt that has begun. */
export class MeteredCpus implements GrantedCpus {
  /** How many it began with. */
  readonly first: number;
  readonly #cpus: GrantedCpus;
  readonly #clock: () => number;
  readonly #startedAt: number;
  #now: number;
  #changedAt: number;
  /** CPUs times milliseconds, up to the last change. */
  #sum = 0;

  /** @param clock in milliseconds */
  constructor(cpus: PlannedCpus, clock: () => number) {
    this.first = cpus.begin();
    this.#cpus = cpus;
    this.#clock = clock;
    this.#startedAt = clock();
    this.#now = this.first;
    this.#changedAt = this.#startedAt;
    cpus.follow((count) => {
      this.#add();
      this.#now = count;
    });
  }

  follow(listener: (cpus: number) => void): void {
    this.#cpus.follow(listener);
  }

  heed(cpus: number): void {
    this.#cpus.heed(cpus);
  }

  /** How many it has had from its begin until now. */
  average(): number {
    this.#add();
    const milliseconds = this.#changedAt - this.#startedAt;
    return milliseconds > 0 ? Number((this.#sum / milliseconds).toFixed(2)) : this.#now;
  }

  #add(): void {
    const time = this.#clock();
    this.#sum += this.#now * (time - this.#changedAt);
    this.#changedAt = time;
  }
}

/** The CPUs of an attempt beside which nothing else runs: as many as it can use. */
export function takeAllCpus(resources: StageResources, total: number): PlannedCpus {
  const most = mostCpusOf(resources, total);
  return { begin: () => most, follow: () => {}, heed: () => {} };
}
