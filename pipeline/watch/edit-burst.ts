/** Edits that come together wake the watch once. */

/** How long no further edit may come until a burst (a save of many files, a checkout) is over. */
const QUIET_MS = 100;

/** Gathers edits that come close together, so that they wake the watch once. */
export class EditBurst {
  readonly #paths = new Set<string>();
  /** Folders that came and were empty when they were looked at. */
  readonly #folders = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #deliver: ((paths: readonly string[]) => void) | undefined;

  add(path: string): void {
    this.#paths.add(path);
    this.#wait();
  }

  /** An empty folder that came. It is an edit of its own only where nothing comes into it in the same burst. */
  addFolder(path: string): void {
    this.#folders.add(path);
    this.#wait();
  }

  /** The edits of the next burst, sorted, once it is over. Only the last one who asks is told. */
  next(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#deliver = resolve;
      if (this.#timer === undefined && this.#isOpen()) this.#end();
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
    const filled = new Set([...this.#paths, ...this.#folders].flatMap(listFoldersOf));
    const empty = [...this.#folders].filter((folder) => !filled.has(folder));
    const paths = [...new Set([...this.#paths, ...empty])].sort();
    this.#paths.clear();
    this.#folders.clear();
    deliver(paths);
  }

  #isOpen(): boolean {
    return this.#paths.size > 0 || this.#folders.size > 0;
  }
}

/** The folders that a path is in, from the workspace's. */
function listFoldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}
