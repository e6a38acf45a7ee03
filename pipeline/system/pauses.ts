/**
 * The disk: long work that never waits for anything still lets signals and timers have their turn.
 */

/** So long may they wait. */
const LONGEST_MS = 50;

/** The pauses of one piece of work. */
export class Pauses {
  #since = performance.now();

  /** To be awaited between steps: lets the event loop turn where it has not for a while. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_MS) return;
    await new Promise(setImmediate);
    this.#since = performance.now();
  }
}
