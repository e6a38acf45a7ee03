/** How many steps to submit to a GPU together: enough to keep it busy, few enough to stop soon. */

/** Beyond these, submitting is cheap beside encoding, and a GPU would wait for the first of a pass. */
const MOST_STEPS = 16;
/** Milliseconds of a submission, a few of which wait at any time. */
const SHORT_MS = 20;
const LONG_MS = 100;

/** Follows how long submissions take. No result depends on it. */
export class Pace {
  #steps: number;
  #lastEnd = 0;

  /** @param steps to submit together at first */
  constructor(steps: number) {
    this.#steps = Math.min(MOST_STEPS, Math.max(1, steps));
  }

  /** Steps to submit together now. */
  get steps(): number {
    return this.#steps;
  }

  /** Takes note of a submission that is made now and ends when `done` is fulfilled. */
  async watch(done: Promise<unknown>): Promise<void> {
    const submitted = performance.now();
    await done;
    const end = performance.now();
    const took = end - Math.max(submitted, this.#lastEnd);
    this.#lastEnd = end;
    if (took > LONG_MS) this.#steps = Math.max(1, this.#steps >> 1);
    else if (took < SHORT_MS) this.#steps = Math.min(MOST_STEPS, 2 * this.#steps);
  }
}
