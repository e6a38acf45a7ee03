/** Promises that a loop waits for beside its own work. */

/**
 * What is under way beside a loop that waits for it. An error in it is handed on, never lost: the
 * loop may look only when the promise is long gone.
 */
export class Underway {
  readonly #works = new Set<Promise<void>>();

  get size(): number {
    return this.#works.size;
  }

  /** For waiting until the first of them is over; none of them rejects. */
  get all(): Iterable<Promise<void>> {
    return this.#works;
  }

  /** @param onError told of anything that the work throws */
  add(work: Promise<void>, onError: (error: unknown) => void): void {
    const handled = work.catch(onError).finally(() => {
      this.#works.delete(handled);
    });
    this.#works.add(handled);
  }
}
