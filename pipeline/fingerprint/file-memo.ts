import { lstatSync, type Stats, statSync } from 'node:fs';
import { readMemo, writeMemo } from '../system/memo-file.ts';
import type { Digest } from './canonical.ts';
import { KeptStamps, type MemoEntry } from './kept-stamps.ts';
import { type EntryFilter, hashFile, type PathContent, readContent } from './read-content.ts';

/** Size, mtime, ctime and inode: together a memo key for a digest already computed, never identity. */
export type FileStamp = readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];

/** A file system's clock can tick this rarely; a younger file could change without a trace. */
export const TIMESTAMP_GRANULARITY_MS = 20;

/**
 * Digests of files, remembered by {@link FileStamp} between runs. A file touched within the
 * clock's granularity of its hashing is hashed again next time, because a later change could
 * leave the same stamp.
 */
export class FileMemo {
  readonly #path: string;
  readonly #now: () => number;
  readonly #kept: KeptStamps;
  /** What has changed against `#kept`; null where nothing is known any more. */
  readonly #changes = new Map<string, MemoEntry | null>();
  readonly #changedByInode = new Map<number, Set<string>>();
  /** What the last look at a path showed, for the next one that asks. */
  readonly #sighted = new Map<string, Stats>();
  /** By place, 1 where that look found a kept stamp: ten thousand looks need not be remembered. */
  readonly #sightedSame: Uint8Array;

  /** @param path file that keeps the memo; losing it costs time only */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
    this.#kept = new KeptStamps(readMemo(path)?.content ?? new Uint8Array());
    this.#sightedSame = new Uint8Array(this.#kept.size);
  }

  /** SHA-256 of a file, from memory where its stamp is known. */
  digestFile(path: string, stats: Stats = statSync(path)): Digest {
    const known = this.#find(path, stats);
    if (known !== undefined) return known;
    const hashedAt = this.#now();
    const digest = hashFile(path);
    if (stats.ctimeMs < hashedAt - TIMESTAMP_GRANULARITY_MS) this.#set(path, stats, digest);
    else if (this.#entryOf(path) !== null) this.#changes.set(path, null);
    return digest;
  }

  /**
   * Remembers the digest of a file whose bytes were just verified and put in place. Making a hard
   * link changes the ctime of all the file's names, so the others that are known follow.
   *
   * @param inode of the file that was put there
   */
  remember(path: string, digest: Digest, inode: number): void {
    this.#forgetSighting(path);
    const stats = statSync(path, { throwIfNoEntry: false });
    // Another process may have put something else there meanwhile.
    if (stats === undefined || stats.ino !== inode) return;
    this.#set(path, stats, digest);
    const others = [...this.#kept.pathsOf(inode), ...(this.#changedByInode.get(inode) ?? [])];
    for (const other of others) {
      const entry = this.#entryOf(other);
      if (entry?.inode === inode && entry.digest === digest) this.#set(other, stats, digest);
    }
  }

  /**
   * The digest of the file at a path, if it is remembered and has its stamp. Quicker than
   * {@link read}, and takes the last look at the path for its own likewise.
   */
  recall(path: string): Digest | undefined {
    const place = this.#kept.placeOf(path);
    if (place === undefined || this.#changes.has(path)) return undefined;
    if (this.#sightedSame[place] !== 1) {
      const stats = this.#sighted.get(path) ?? statOrNothing(path);
      if (stats === undefined || !this.#kept.hasStamp(place, stats)) return undefined;
    }
    this.#sightedSame[place] = 0;
    return this.#kept.digestAt(place);
  }

  /** {@link readContent} with digests from memory where stamps are known. */
  read(path: string, filter?: EntryFilter): PathContent {
    const place = this.#kept.placeOf(path);
    if (place !== undefined && this.#sightedSame[place] === 1 && !this.#changes.has(path)) {
      this.#sightedSame[place] = 0;
      return { kind: 'file', digest: this.#kept.digestAt(place), size: this.#kept.sizeAt(place) };
    }
    const sighted = this.#sighted.get(path);
    if (sighted !== undefined) this.#sighted.delete(path);
    return readContent(path, (file, stats) => this.digestFile(file, stats), sighted, filter);
  }

  /** What stands at a path. The next {@link read} of a file takes this look for its own. */
  kindOf(path: string): 'file' | 'folder' | 'none' {
    const stats = statSync(path, { throwIfNoEntry: false });
    const isFile = stats !== undefined && !stats.isDirectory();
    const place = this.#kept.placeOf(path);
    const isSame = isFile && place !== undefined && this.#kept.hasStamp(place, stats);
    if (place !== undefined) this.#sightedSame[place] = isSame ? 1 : 0;
    if (isFile && !isSame) this.#sighted.set(path, stats);
    else this.#sighted.delete(path);
    if (isFile) return 'file';
    return stats === undefined ? 'none' : 'folder';
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
    if (this.#changes.size === 0) return;
    writeMemo(this.#path, this.#kept.repack(this.#changes), asideFolder);
  }

  #set(path: string, stats: Stats, digest: Digest): void {
    const { size, mtimeMs, ctimeMs, ino } = stats;
    this.#changes.set(path, { size, mtimeMs, ctimeMs, inode: ino, digest });
    const paths = this.#changedByInode.get(ino);
    if (paths === undefined) this.#changedByInode.set(ino, new Set([path]));
    else paths.add(path);
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
      return isKept ? this.#kept.digestAt(place) : undefined;
    }
    return entry !== null && hasStamp(entry, stats) ? entry.digest : undefined;
  }

  #entryOf(path: string): MemoEntry | null {
    const entry = this.#changes.get(path);
    return entry === undefined ? this.#kept.entryOf(path) : entry;
  }
}

function hasStamp(entry: MemoEntry, stats: Stats): boolean {
  return (
    entry.mtimeMs === stats.mtimeMs &&
    entry.ctimeMs === stats.ctimeMs &&
    entry.size === stats.size &&
    entry.inode === stats.ino
  );
}

/** A path that cannot be looked at is told of by who reads it. */
function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The stamp of a file. */
export function stampOf(stats: Stats): FileStamp {
  return [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino];
}

/** The stamp of the file at a path; null where there is none. */
export function readStamp(path: string): FileStamp | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : stampOf(stats);
}
