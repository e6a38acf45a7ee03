/** Digests of files by their stamps: what spares a run the reading of its inputs. */

import { type Stats, statSync } from 'node:fs';
import { hasOddBytes } from '../system/byte-names.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { dayOf } from '../system/memo-age.ts';
import { readMemo, writeMemo } from '../system/memo-file.ts';
import type { Digest } from './canonical.ts';
import { type FileClock, isCoarse, type Moment } from './file-clock.ts';
import { hasStamp, stampOf, statIfReadable } from './file-stamp.ts';
import { KeptStamps, type MemoEntry } from './kept-stamps.ts';
import { isExecutable, type PathContent } from './path-content.ts';
import { hashFile, readContent } from './read-content.ts';
import type { EntryFilter } from './tree-reader.ts';

/**
 * Digests of files, remembered by their stamps between runs. A file that changed so lately that its
 * next change could leave the same stamp is hashed again next time.
 */
export class FileMemo {
  readonly #path: string;
  readonly #clock: FileClock;
  readonly #kept: KeptStamps;
  /** What has changed against `#kept`; null where nothing is known any more. */
  readonly #changes = new Map<string, MemoEntry | null>();
  /** What the last look at a path showed, for the next one that asks. */
  readonly #sighted = new Map<string, Stats>();
  /** By place, 1 where that look found a kept stamp: ten thousand looks need not be remembered. */
  readonly #sightedSame: Uint8Array;

  /** @param path file that keeps the memo; losing it costs time only */
  constructor(path: string, clock: FileClock) {
    this.#path = path;
    this.#clock = clock;
    this.#kept = new KeptStamps(readMemo(path)?.content ?? new Uint8Array(), dayOf(clock.now()));
    this.#sightedSame = new Uint8Array(this.#kept.size);
  }

  /** SHA-256 of a file, from memory where its stamp is known. */
  digestFile(path: string, stats: Stats = statSync(path)): Digest {
    const known = this.#find(path, stats);
    if (known !== undefined) return known;
    const isQuiet = this.#clock.isQuiet(stats);
    if (isQuiet) this.#clock.flushMapped(path, stats);
    const digest = hashFile(path);
    if (isQuiet) this.#set(path, stats, digest);
    else if (this.#entryOf(path) !== null) this.#changes.set(path, null);
    return digest;
  }

  /**
   * Remembers the digest of a file whose bytes were just verified and put in place.
   *
   * @param inode of the file that was put there
   */
  remember(path: string, digest: Digest, inode: number): void {
    this.#forgetSighting(path);
    const stats = statSync(path, { throwIfNoEntry: false });
    // Another process may have put something else there meanwhile.
    if (stats === undefined || stats.ino !== inode) return;
    // By a clock of whole seconds someone could change it in the same one.
    if (isCoarse(stats)) {
      if (this.#entryOf(path) !== null) this.#changes.set(path, null);
      return;
    }
    this.#set(path, stats, digest);
  }

  /**
   * The digest of the file at a path, if it is remembered and has its stamp. Quicker than
   * {@link read}. It takes the last look at the path for its own, if there was one.
   *
   * @param kind a file of another kind is not what is meant
   */
  recall(path: string, kind: 'file' | 'executable'): Digest | undefined {
    const place = this.#kept.placeOf(path);
    if (place === undefined || this.#changes.has(path)) return undefined;
    if (this.#kept.isExecutableAt(place) !== (kind === 'executable')) return undefined;
    if (this.#sightedSame[place] !== 1) {
      const stats = this.#sighted.get(path) ?? statIfReadable(path);
      if (stats === null || !this.#kept.hasStamp(place, stats)) return undefined;
    }
    this.#sightedSame[place] = 0;
    this.#kept.use(place);
    return this.#kept.digestAt(place);
  }

  /** The content of what stands at a path, with digests from memory where stamps are known. */
  read(path: string, filter?: EntryFilter): PathContent {
    const place = this.#kept.placeOf(path);
    if (place !== undefined && this.#sightedSame[place] === 1 && !this.#changes.has(path)) {
      this.#sightedSame[place] = 0;
      this.#kept.use(place);
      const kind = this.#kept.isExecutableAt(place) ? 'executable' : 'file';
      return { kind, digest: this.#kept.digestAt(place), size: this.#kept.sizeAt(place) };
    }
    const sighted = this.#sighted.get(path);
    if (sighted !== undefined) this.#sighted.delete(path);
    return readContent(path, (file, stats) => this.digestFile(file, stats), sighted, filter);
  }

  /** What stands at a path. The next {@link read} of a file takes this look for its own. */
  kindOf(path: string): 'file' | 'folder' | 'special' | 'none' {
    const stats = statOrHidden(path);
    if (stats === 'hidden') return 'file';
    const isFile = stats !== undefined && !stats.isDirectory();
    const place = this.#kept.placeOf(path);
    const isSame = isFile && place !== undefined && this.#kept.hasStamp(place, stats);
    if (place !== undefined) this.#sightedSame[place] = isSame ? 1 : 0;
    if (isFile && !isSame) this.#sighted.set(path, stats);
    else this.#sighted.delete(path);
    if (isFile) return stats.isFile() ? 'file' : 'special';
    return stats === undefined ? 'none' : 'folder';
  }

  /** This moment, for {@link mayHaveChanged}. */
  moment(): Moment {
    return this.#clock.moment();
  }

  /** Whether a file may have changed since a moment. @param stats as they are now */
  mayHaveChanged(stats: Stats, since: Moment): boolean {
    return !this.#clock.isQuiet(stats, since);
  }

  /** Looks at every file again from now on: something has happened that may have changed it. */
  forgetSightings(): void {
    this.#sighted.clear();
    this.#sightedSame.fill(0);
  }

  /**
   * Writes the memo back, if anything changed.
   *
   * @param asideFolder see {@link writeMemo}
   */
  save(asideFolder: string): void {
    if (this.#changes.size === 0 && !this.#kept.isRenewed) return;
    writeMemo(this.#path, this.#kept.repack(this.#changes), asideFolder);
  }

  #set(path: string, stats: Stats, digest: Digest): void {
    // The memo's file is UTF-8, in which two names of other bytes could become one.
    if (hasOddBytes(path)) return;
    this.#changes.set(path, { stamp: stampOf(stats), digest, executable: isExecutable(stats) });
  }

  #forgetSighting(path: string): void {
    this.#sighted.delete(path);
    const place = this.#kept.placeOf(path);
    if (place !== undefined) this.#sightedSame[place] = 0;
  }

  #find(path: string, stats: Stats): Digest | undefined {
    const entry = this.#changes.get(path);
    if (entry === undefined) {
      const place = this.#kept.placeOf(path);
      const isKept = place !== undefined && this.#kept.hasStamp(place, stats);
      if (!isKept) return undefined;
      this.#kept.use(place);
      return this.#kept.digestAt(place);
    }
    return entry !== null && hasStamp(stats, entry.stamp) ? entry.digest : undefined;
  }

  #entryOf(path: string): MemoEntry | null {
    const entry = this.#changes.get(path);
    return entry === undefined ? this.#kept.entryOf(path) : entry;
  }
}

/** Hidden is what only who reads it can tell of: a link in a circle, a file in a folder that is closed. */
function statOrHidden(path: string): Stats | undefined | 'hidden' {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isErrorCode(error, 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    if (!isSystemError(error)) throw error;
    return 'hidden';
  }
}
