/** How many threads a training uses: fewer as soon as others want the CPUs, more where that pays. */

import type { Engine } from './engine.ts';

/** So many times what it takes to change must be won at best, since no step is twice as fast on twice the CPUs. */
const WORTHWHILE = 2;

/** Where a training stands, for what more threads would save it. */
export interface TrainingLeft {
  /** Seconds of the last epoch. */
  readonly secondsAnEpoch: number;
  readonly epochsDone: number;
  readonly epochsLeft: number;
  /** It may end at any epoch. */
  readonly mayEnd: boolean;
}

/** Keeps the number of an engine's threads to that of the CPUs granted. */
export class ThreadsInUse {
  readonly #engine: Pick<Engine, 'threads' | 'openingSeconds'>;
  readonly #cpusNow: () => number;

  /** @param cpusNow how many CPUs are granted now; lower answers are gone by at once */
  constructor(engine: Pick<Engine, 'threads' | 'openingSeconds'>, cpusNow: () => number) {
    this.#engine = engine;
    this.#cpusNow = cpusNow;
  }

  /** Between two steps: gives back what others want. */
  giveBack(): void {
    const cpus = this.#cpusNow();
    if (cpus < this.#engine.threads) this.#engine.threads = cpus;
  }

  /** Between two epochs: takes more, where what is left is long enough. */
  takeMore(left: TrainingLeft): void {
    const cpus = this.#cpusNow();
    const { threads, openingSeconds } = this.#engine;
    if (cpus <= threads) return;
    const saved = expectSeconds(left) * (1 - threads / cpus);
    if (saved > WORTHWHILE * openingSeconds) this.#engine.threads = cpus;
  }
}

/** What may end at any time is taken to go on for as long as it went before. */
function expectSeconds({ secondsAnEpoch, epochsDone, epochsLeft, mayEnd }: TrainingLeft): number {
  return secondsAnEpoch * (mayEnd ? Math.min(epochsLeft, epochsDone) : epochsLeft);
}
