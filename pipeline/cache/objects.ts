import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import { hashFile } from '../fingerprint/read-content.ts';
import { isErrorCode, makeNonce, removePath, writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import { renameInto, syncFiles, syncFolders } from './durable.ts';
import { PLAIN_OBJECT_MODE } from './modes.ts';

/** A file that nobody writes to any more, with the digest of its bytes. */
export interface FinishedFile {
  readonly path: string;
  readonly digest: Digest;
  /** Rights of its object: who could read the file can read that, and nobody else. */
  readonly mode: number;
}

/** Whether the store has an object's bytes as they were. */
export type ObjectState = 'sound' | 'missing' | 'damaged';

/** The content-addressed store: each distinct content once, read-only, under its SHA-256. */
export class ObjectStore {
  readonly #layout: StateLayout;
  /** Objects that are on their way: they stand in their place but may not be durable yet. */
  readonly #underWay = new Map<Digest, Promise<void>>();
  /** Those that could not be stored, see {@link offer}. */
  readonly #offered = new Map<Digest, string | Uint8Array>();
  #canReflink = true;

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  has(digest: Digest): boolean {
    return existsSync(this.#layout.object(digest));
  }

  path(digest: Digest): string {
    return this.#layout.object(digest);
  }

  /**
   * Takes finished files into the store, durably. A file is moved, or removed if known already.
   *
   * @param beside a file that is made durable at the same time, and stays where it is
   */
  async take(files: readonly FinishedFile[], beside: string): Promise<void> {
    const known = new Set<Promise<void>>();
    const fresh = new Map<Digest, string>();
    for (const { path, digest, mode } of files) {
      const underWay = this.#underWay.get(digest);
      if (underWay !== undefined) known.add(underWay);
      const isKnown =
        underWay !== undefined ||
        fresh.has(digest) ||
        (this.verify(digest) === 'sound' && this.touch(digest));
      if (isKnown) {
        removePath(path);
        this.#open(digest, mode);
      } else {
        chmodSync(path, mode);
        touchFile(path);
        fresh.set(digest, path);
      }
    }
    const moving = this.#move(fresh, beside);
    for (const digest of fresh.keys()) this.#underWay.set(digest, moving);
    try {
      await Promise.all([moving, ...known]);
    } finally {
      for (const digest of fresh.keys()) this.#underWay.delete(digest);
    }
  }

  async #move(files: ReadonlyMap<Digest, string>, beside: string): Promise<void> {
    await syncFiles([...files.values(), beside]);
    const changed = [...files].flatMap(([digest, path]) =>
      renameInto(path, this.#layout.object(digest)),
    );
    await syncFolders(new Set(changed));
  }

  /** Stores bytes that are in memory. @param mode see {@link FinishedFile} */
  put(content: string | Uint8Array, digest: Digest, mode = PLAIN_OBJECT_MODE): void {
    const target = this.#layout.object(digest);
    if (existsSync(target)) return;
    writeFileAtomic(target, content, this.#layout.temporary, mode);
  }

  /**
   * {@link put} for who only looks: where it cannot be done, the bytes are there for this process.
   *
   * @param keeps whether it is to be tried
   */
  offer(content: string | Uint8Array, digest: Digest, keeps: boolean): void {
    if (this.has(digest)) return;
    let isKept = false;
    if (keeps) {
      keepIfPossible(() => {
        this.put(content, digest);
        isKept = true;
      });
    }
    if (!isKept) this.#offered.set(digest, content);
  }

  /** Stores bytes that a record is about to refer to. @param mode see {@link FinishedFile} */
  keep(content: string | Uint8Array, digest: Digest, mode = PLAIN_OBJECT_MODE): void {
    if (this.touch(digest)) this.#open(digest, mode);
    else this.put(content, digest, mode);
  }

  /** Lets those read an object who may read other bytes that are the same. */
  #open(digest: Digest, mode: number): void {
    const path = this.#layout.object(digest);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || (mode & ~stats.mode) === 0) return;
    try {
      chmodSync(path, (stats.mode & 0o777) | mode);
    } catch (error) {
      // It is another user's, who decides.
      if (!isErrorCode(error, 'EPERM', 'EACCES', 'EROFS', 'ENOENT')) throw error;
    }
  }

  /**
   * Marks an object as used now, before a record refers to it: what was touched lately is never
   * collected. @returns whether it is there
   */
  touch(digest: Digest): boolean {
    try {
      touchFile(this.#layout.object(digest));
      return true;
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** A copy of a file, whatever its size, for {@link take}. */
  copy(path: string): FinishedFile {
    const aside = this.temporaryPath();
    copyFileSync(path, aside);
    return { path: aside, digest: hashFile(aside), mode: PLAIN_OBJECT_MODE };
  }

  /** Whether an object's bytes still have its digest. Changes nothing. */
  check(digest: Digest): ObjectState {
    try {
      return hashFile(this.#layout.object(digest)) === digest ? 'sound' : 'damaged';
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return 'missing';
      throw error;
    }
  }

  /** {@link check}; a damaged object is put into quarantine. */
  verify(digest: Digest): ObjectState {
    const state = this.check(digest);
    if (state !== 'damaged') return state;
    mkdirSync(this.#layout.quarantine, { recursive: true });
    const aside = join(this.#layout.quarantine, `${digest}.${makeNonce()}`);
    try {
      renameSync(this.#layout.object(digest), aside);
    } catch (error) {
      // Another process was faster.
      if (!isErrorCode(error, 'ENOENT')) throw error;
    }
    return state;
  }

  /** The text of an object; null where it is missing or damaged. */
  readText(digest: Digest): string | null {
    try {
      const bytes = readFileSync(this.#layout.object(digest));
      return hashBytes(bytes) === digest ? bytes.toString('utf8') : null;
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT')) throw error;
      return textOf(this.#offered.get(digest));
    }
  }

  /**
   * Puts an object's content at a path that does not exist yet: by reflink, else as a hard link of
   * the read-only object, else as a copy.
   */
  place(digest: Digest, path: string): void {
    const source = this.#layout.object(digest);
    mkdirSync(dirname(path), { recursive: true });
    if (this.#canReflink) {
      try {
        copyFileSync(source, path, constants.COPYFILE_FICLONE_FORCE);
        return;
      } catch (error) {
        if (isErrorCode(error, 'ENOENT', 'ENOSPC', 'EDQUOT')) throw error;
        this.#canReflink = false;
        removePath(path);
      }
    }
    try {
      linkSync(source, path);
    } catch (error) {
      if (!isErrorCode(error, 'EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      copyFileSync(source, path);
    }
  }

  /** A path beside nothing of the user's, for putting things together before they are renamed. */
  temporaryPath(): string {
    mkdirSync(this.#layout.temporary, { recursive: true });
    return join(this.#layout.temporary, makeNonce());
  }
}

function touchFile(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}

function textOf(bytes: string | Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  return typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
}
