/** Promises that a loop waits for beside its own work. */

/**
 * What is under way beside a loop that waits for it. An error in it is handed on, never lost: the
 * loop may look only when the promise is long gone.
 */
export class Underway {
  #size = 0;
  #next: Promise<void> | null = null;
  #wake = () => {};

  get size(): number {
    return this.#size;
  }

  /**
   * Until the first of them is over. One promise for all of them: a loop that raced thousands at each of
   * its turns would take a time and keep a memory for each.
   */
  get next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#next;
  }

  /** @param onError told of anything that the work throws */
  add(work: Promise<void>, onError: (error: unknown) => void): void {
    this.#size++;
    void work.catch(onError).finally(() => {
      this.#size--;
      this.#next = null;
      this.#wake();
    });
  }
}
