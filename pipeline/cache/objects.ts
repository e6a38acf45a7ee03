import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Digest } from '../fingerprint/canonical.ts';
import { hashFile } from '../fingerprint/file-memo.ts';
import {
  isErrorCode,
  makeNonce,
  removePath,
  syncFile,
  syncFolder,
  writeFileAtomic,
} from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';

/** The content-addressed store: each distinct content once, read-only, under its SHA-256. */
export class ObjectStore {
  readonly #layout: StateLayout;
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

  /** Takes a finished file into the store, durably. The file is moved, or removed if known already. */
  take(path: string, digest: Digest): void {
    if (this.verify(digest) === 'sound' && this.touch(digest)) {
      removePath(path);
      return;
    }
    const target = this.#layout.object(digest);
    chmodSync(path, 0o444);
    syncFile(path);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(path, target);
    syncFolder(dirname(target));
  }

  /** Stores bytes that are in memory. */
  put(content: string | Uint8Array, digest: Digest): void {
    const target = this.#layout.object(digest);
    if (existsSync(target)) return;
    writeFileAtomic(target, content, this.#layout.temporary, 0o444);
  }

  /** Stores bytes that a record is about to refer to. */
  keep(content: string | Uint8Array, digest: Digest): void {
    if (!this.touch(digest)) this.put(content, digest);
  }

  /**
   * Marks an object as used now, before a record refers to it: what was touched lately is never
   * collected. @returns whether it is there
   */
  touch(digest: Digest): boolean {
    try {
      const now = new Date();
      utimesSync(this.#layout.object(digest), now, now);
      return true;
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Stores a copy of a file, whatever its size. @returns its digest */
  copy(path: string): Digest {
    const aside = this.temporaryPath(path);
    copyFileSync(path, aside);
    const digest = hashFile(aside);
    this.take(aside, digest);
    return digest;
  }

  /** Whether an object's bytes still have its digest. A damaged one is put into quarantine. */
  verify(digest: Digest): 'sound' | 'missing' | 'damaged' {
    const path = this.#layout.object(digest);
    try {
      if (hashFile(path) === digest) return 'sound';
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return 'missing';
      throw error;
    }
    mkdirSync(this.#layout.quarantine, { recursive: true });
    try {
      renameSync(path, join(this.#layout.quarantine, `${digest}.${makeNonce()}`));
    } catch (error) {
      // Another process was faster.
      if (!isErrorCode(error, 'ENOENT')) throw error;
    }
    return 'damaged';
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
  temporaryPath(name: string): string {
    mkdirSync(this.#layout.temporary, { recursive: true });
    return join(this.#layout.temporary, `${makeNonce()}-${basename(name)}`);
  }
}
