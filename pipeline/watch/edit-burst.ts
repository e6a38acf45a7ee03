/** Edits that come together wake the watch once. */

/** How long no further edit may come until a burst (a save of many files, a checkout) is over. */
const QUIET_MS = 100;

/** Gathers edits that come close together, so that they wake the watch once. */
export class EditBurst {
  readonly #paths = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #deliver: ((paths: readonly string[]) => void) | undefined;

  add(path: string): void {
    this.#paths.add(path);
    this.#wait();
  }

  /** The edits of the next burst, sorted, once it is over. Only the last one who asks is told. */
  next(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#deliver = resolve;
      if (this.#timer === undefined && this.#paths.size > 0) this.#end();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const dueAt = performance.now() + QUIET_MS;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // This process was held up: there may be edits that it has not been told of yet.
      if (performance.now() > dueAt + QUIET_MS) this.#wait();
      else this.#end();
    }, QUIET_MS);
  }

  #end(): void {
    const deliver = this.#deliver;
    if (deliver === undefined) return;
    this.#deliver = undefined;
    const paths = [...this.#paths].sort();
    this.#paths.clear();
    deliver(paths);
  }
}
