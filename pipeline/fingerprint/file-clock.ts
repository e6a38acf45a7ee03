/** Whether a stamp can be trusted: whether the next change of a file must leave another one. */

import { closeSync, fstatSync, mkdirSync, openSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { makeNonce } from '../system/nonce.ts';
import { syncFile } from '../system/sync-file.ts';

/** A clock that tells fractions of a second ticks at least this often. */
const FINE_MS = 20;
/**
 * One that tells none may tick every two seconds (FAT). Where it cannot be asked, it is taken to be
 * another machine's and up to some seconds behind ours.
 */
const COARSE_MS = 2_000 + 8_000;
/** Written pages are on disk after that: Linux writes them back after 30 s, and looks every 5 s. */
const WRITE_BACK_MS = 60_000;
/** So long may a process wait for files to be written back. */
const MOST_FLUSH_MS = 100;

/** A moment by our clock and, where it could be asked, by that of the engine's own file system. */
export interface Moment {
  readonly ours: number;
  readonly theirs: { readonly device: number; readonly ms: number } | null;
}

/**
 * Tells whether a change of a file from now on must show in its stamp: that is, whether the clock of
 * its file system has gone on since the file last changed. All memos that go by stamps ask it before
 * they read what they keep.
 */
export class FileClock {
  readonly now: () => number;
  readonly #folder: string | null;
  #asked: Moment['theirs'] = null;
  #flushLeft = MOST_FLUSH_MS;

  /**
   * @param folder where a file may be made to ask the clock of its file system; null where nothing
   * may be written
   */
  constructor(now: () => number, folder: string | null) {
    this.now = now;
    this.#folder = folder;
  }

  /** This moment, for asking afterwards about files that are read from now on. */
  moment(): Moment {
    return { ours: this.now(), theirs: this.#ask() };
  }

  /**
   * Whether a change of a file after a moment leaves it another stamp.
   *
   * @param stats as they were when the file was read, or before
   * @param since the moment; now where absent
   */
  isQuiet(stats: Stats, since?: Moment): boolean {
    const { ctimeMs, mtimeMs, dev } = stats;
    if (!isCoarse(stats)) return ctimeMs < (since?.ours ?? this.now()) - FINE_MS;
    const youngest = Math.max(ctimeMs, mtimeMs);
    // What was behind an earlier moment of that clock is behind it now.
    if (since === undefined && this.#asked?.device === dev && youngest < this.#asked.ms)
      return true;
    const { ours, theirs } = since ?? this.moment();
    return theirs?.device === dev ? youngest < theirs.ms : youngest < ours - COARSE_MS;
  }

  /**
   * Lets what a process writes into a file through its memory from now on show in the file's times.
   * The first write to a page does; more of them do only after the page was written back. Whoever
   * changed many files lately does not wait for all of them.
   */
  flushMapped(path: string, stats: Stats): void {
    if (this.#flushLeft <= 0 || stats.ctimeMs < this.now() - WRITE_BACK_MS) return;
    const start = performance.now();
    try {
      syncFile(path);
    } catch {
      // Some file systems cannot.
    }
    this.#flushLeft -= performance.now() - start;
  }

  /** What the clock of the engine's own file system says; null where it cannot be asked. */
  #ask(): Moment['theirs'] {
    if (this.#folder === null) return null;
    const path = join(this.#folder, `${makeNonce()}.clock`);
    try {
      mkdirSync(this.#folder, { recursive: true });
      const fd = openSync(path, 'wx');
      try {
        const { dev, ctimeMs } = fstatSync(fd);
        this.#asked = { device: dev, ms: ctimeMs };
      } finally {
        closeSync(fd);
        rmSync(path, { force: true });
      }
      return this.#asked;
    } catch {
      return null;
    }
  }
}

/**
 * Whether a stamp cannot tell moments within a second apart: its file system keeps no fractions. So
 * does any, once in a while by chance; that costs time only.
 */
export function isCoarse({ ctimeMs, mtimeMs }: Stats): boolean {
  return ctimeMs % 1000 === 0 || mtimeMs % 1000 === 0;
}
