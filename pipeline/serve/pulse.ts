/** When to look at files again: as the system tells of changes, and at intervals where it tells nothing, as network disks do. */

import { type FSWatcher, watch } from 'node:fs';

/** How long a change may go unseen where the system tells of none. */
const INTERVAL_MS = 500;

/** A folder that somebody looks at. */
interface WatchedFolder {
  watcher: FSWatcher | null;
  readonly listeners: Set<() => void>;
}

/** Wakes those who look at folders. While nobody does, it does nothing. */
export class FolderPulse {
  readonly #folders = new Map<string, WatchedFolder>();
  #timer: NodeJS.Timeout | null = null;

  /** Calls back now and then, and soon after something changed in a folder. @returns what ends that */
  onChange(folder: string, listener: () => void): () => void {
    let watched = this.#folders.get(folder);
    if (watched === undefined) {
      watched = { watcher: null, listeners: new Set() };
      this.#folders.set(folder, watched);
    }
    watched.listeners.add(listener);
    this.#watch(folder, watched);
    this.#timer ??= setInterval(() => this.#beat(), INTERVAL_MS);
    return () => this.#leave(folder, listener);
  }

  #leave(folder: string, listener: () => void): void {
    const watched = this.#folders.get(folder);
    watched?.listeners.delete(listener);
    if (watched === undefined || watched.listeners.size > 0) return;
    watched.watcher?.close();
    this.#folders.delete(folder);
    if (this.#folders.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #beat(): void {
    for (const [folder, watched] of [...this.#folders]) {
      // A folder that was not there yet, or has been made again.
      if (watched.watcher === null) this.#watch(folder, watched);
      this.#wake(watched);
    }
  }

  #watch(folder: string, watched: WatchedFolder): void {
    if (watched.watcher !== null) return;
    try {
      const watcher = watch(folder, () => this.#wake(watched));
      watcher.on('error', () => {
        watcher.close();
        watched.watcher = null;
      });
      watched.watcher = watcher;
    } catch {
      // It is not there, or the system allows no more watches: the intervals do.
    }
  }

  #wake({ listeners }: WatchedFolder): void {
    for (const listener of [...listeners]) listener();
  }
}
