import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrorCode, writeFileAtomic } from '../system/files.ts';
import { type Digest, hashBytes, isDigest, stringifyCanonical } from './canonical.ts';
import type { ContentId } from './record.ts';

/** Size, mtime, ctime and inode: together a memo key for a digest already computed, never identity. */
export type FileStamp = readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];

/** A folder's files: path with `/` → content and size. */
export interface TreeManifest {
  readonly files: Readonly<Record<string, { readonly digest: Digest; readonly size: number }>>;
}

/** What stands at a path: its content, or that nothing does. */
export type PathContent =
  | { readonly kind: 'none' }
  /** Something at or below the path has no content: a device, a pipe, a link to nothing. */
  | { readonly kind: 'unreadable'; readonly path: string }
  | { readonly kind: 'file'; readonly digest: Digest; readonly size: number }
  | { readonly kind: 'tree'; readonly digest: Digest; readonly manifest: TreeManifest };

/** A file system's clock can tick this rarely; a younger file could change without a trace. */
export const TIMESTAMP_GRANULARITY_MS = 20;
const CHUNK = 1 << 20;

/**
 * Digests of files, remembered by {@link FileStamp} between runs. A file touched within the
 * clock's granularity of its hashing is hashed again next time, because a later change could
 * leave the same stamp.
 */
export class FileMemo {
  readonly #path: string;
  readonly #now: () => number;
  #entries = new Map<string, readonly [...FileStamp, Digest]>();
  readonly #pathsByInode = new Map<number, Set<string>>();
  #changed = false;

  /** @param path file that keeps the memo; losing it costs time only */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
    try {
      const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
      for (const [file, entry] of Object.entries(parsed as Record<string, unknown>)) {
        if (Array.isArray(entry) && entry.length === 5 && isDigest(entry[4])) {
          this.#entries.set(file, entry as unknown as readonly [...FileStamp, Digest]);
          this.#indexInode(file, Number(entry[3]));
        }
      }
    } catch {
      // Absent or damaged: everything is hashed again.
      this.#entries = new Map();
    }
  }

  /** SHA-256 of a file, from memory where its stamp is known. */
  digestFile(path: string, stats: Stats = statSync(path)): Digest {
    const stamp = stampOf(stats);
    const entry = this.#entries.get(path);
    if (entry !== undefined && stamp.every((value, i) => value === entry[i])) return entry[4];
    const hashedAt = this.#now();
    const digest = hashFile(path);
    if (stats.ctimeMs < hashedAt - TIMESTAMP_GRANULARITY_MS) this.#set(path, stamp, digest);
    else if (this.#entries.delete(path)) this.#changed = true;
    return digest;
  }

  /**
   * Remembers the digest of a file whose bytes were just verified and put in place. Making a hard
   * link changes the ctime of all the file's names, so the others that are known follow.
   *
   * @param inode of the file that was put there
   */
  remember(path: string, digest: Digest, inode: number): void {
    const stats = statSync(path, { throwIfNoEntry: false });
    // Another process may have put something else there meanwhile.
    if (stats === undefined || stats.ino !== inode) return;
    const stamp = stampOf(stats);
    this.#set(path, stamp, digest);
    for (const other of this.#pathsByInode.get(stamp[3]) ?? []) {
      const entry = this.#entries.get(other);
      if (entry?.[3] === stamp[3] && entry[4] === digest) this.#set(other, stamp, digest);
    }
  }

  /** {@link readContent} with digests from memory where stamps are known. */
  read(path: string): PathContent {
    return readContent(path, (file, stats) => this.digestFile(file, stats));
  }

  /**
   * Writes the memo back, if anything changed.
   *
   * @param asideFolder see {@link writeFileAtomic}
   */
  save(asideFolder: string): void {
    if (!this.#changed) return;
    writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(this.#entries)), asideFolder);
    this.#changed = false;
  }

  #set(path: string, stamp: FileStamp, digest: Digest): void {
    this.#entries.set(path, [...stamp, digest]);
    this.#indexInode(path, stamp[3]);
    this.#changed = true;
  }

  #indexInode(path: string, inode: number): void {
    const paths = this.#pathsByInode.get(inode);
    if (paths === undefined) this.#pathsByInode.set(inode, new Set([path]));
    else paths.add(path);
  }
}

/** The content of a file or folder. Links are followed, but not round in a circle. */
export function readContent(
  path: string,
  digestFile: (path: string, stats: Stats) => Digest = hashFile,
): PathContent {
  const stats = statOrNull(path);
  if (stats === null) return { kind: 'none' };
  if (stats.isFile()) return { kind: 'file', digest: digestFile(path, stats), size: stats.size };
  if (!stats.isDirectory()) return { kind: 'unreadable', path };
  const files: Record<string, { digest: Digest; size: number }> = {};
  /** @returns the path of what cannot be read; null where all could be */
  const visit = (folder: string, prefix: string, above: readonly string[]): string | null => {
    for (const entry of readdirSync(folder)) {
      const child = join(folder, entry);
      const name = prefix + entry;
      const childStats = statOrNull(child);
      if (childStats?.isDirectory()) {
        const identity = `${childStats.dev}:${childStats.ino}`;
        if (above.includes(identity)) return child;
        const unreadable = visit(child, `${name}/`, [...above, identity]);
        if (unreadable !== null) return unreadable;
      } else if (childStats?.isFile()) {
        files[name] = { digest: digestFile(child, childStats), size: childStats.size };
      } else return child;
    }
    return null;
  };
  const unreadable = visit(path, '', [`${stats.dev}:${stats.ino}`]);
  if (unreadable !== null) return { kind: 'unreadable', path: unreadable };
  const manifest: TreeManifest = { files };
  return { kind: 'tree', digest: hashBytes(stringifyCanonical(manifest)), manifest };
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
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

/** The content of a path in the form that a fingerprint record holds. */
export function contentId(content: PathContent & { kind: 'file' | 'tree' }): ContentId {
  return `${content.kind}:${content.digest}`;
}

/** SHA-256 of a file's bytes, read in pieces. */
export function hashFile(path: string): Digest {
  const fd = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const count = readSync(fd, buffer, 0, CHUNK, null);
      if (count === 0) return hash.digest('hex') as Digest;
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
