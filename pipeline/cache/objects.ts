/** The content-addressed store: each content once, read-only, verified whenever it is used. */

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import { hashFile } from '../fingerprint/read-content.ts';
import { parseTree } from '../fingerprint/tree-manifest.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import { movePath } from '../system/move-path.ts';
import { makeNonce } from '../system/nonce.ts';
import { removePath } from '../system/remove-path.ts';
import { copyVerified } from './copy-object.ts';
import { renameInto, syncFiles, syncFolders } from './durable.ts';
import { plainObjectMode } from './modes.ts';
import { ownFile, shareObject, touchFile, touchOrReplace } from './object-rights.ts';

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
  /** Objects that could not be stored, see {@link offer}. */
  readonly #offered = new Map<Digest, string | Uint8Array>();

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  has(digest: Digest): boolean {
    return existsSync(this.#layout.object(digest));
  }

  /** Whether everything is there that an output is made of; whether it is sound shows when it is used. */
  hasAll(digest: Digest, kind: 'file' | 'executable' | 'tree'): boolean {
    if (!this.has(digest)) return false;
    if (kind !== 'tree') return true;
    const text = this.readText(digest);
    if (text === null) return false;
    return [...parseTree(text).files.values()].every((file) => this.has(file.digest));
  }

  path(digest: Digest): string {
    return this.#layout.object(digest);
  }

  /**
   * Takes finished files into the store, durably. A file is moved, or removed if known already.
   *
   * @param beside a file that is made durable at the same time, and stays where it is; none if absent
   */
  async take(files: readonly FinishedFile[], beside?: string): Promise<void> {
    const known = new Set<Promise<void>>();
    const fresh = new Map<Digest, string>();
    const shared: FinishedFile[] = [];
    for (const { path, digest, mode } of files) {
      const underWay = this.#underWay.get(digest);
      if (underWay !== undefined) known.add(underWay);
      const isKnown =
        underWay !== undefined ||
        fresh.has(digest) ||
        (this.verify(digest) === 'sound' && touchFile(this.#layout.object(digest)) === true);
      if (isKnown) {
        removePath(path);
        shared.push({ path, digest, mode });
      } else
        fresh.set(
          digest,
          ownFile(path, mode, () => this.temporaryPath()),
        );
    }
    const moving = this.#move(fresh, beside);
    for (const digest of fresh.keys()) this.#underWay.set(digest, moving);
    try {
      await Promise.all([moving, ...known]);
      // Not before they are in their place, whoever brings them there.
      for (const { digest, mode } of shared) shareObject(this.#layout.object(digest), mode);
    } finally {
      for (const digest of fresh.keys()) this.#underWay.delete(digest);
    }
  }

  async #move(files: ReadonlyMap<Digest, string>, beside?: string): Promise<void> {
    await syncFiles([...files.values(), ...(beside === undefined ? [] : [beside])]);
    const changed = [...files].flatMap(([digest, path]) => {
      try {
        return renameInto(path, this.#layout.object(digest));
      } catch (error) {
        // Another user's is there, which only its owner may replace.
        if (!isErrorCode(error, 'EACCES', 'EPERM') || this.check(digest) !== 'sound') throw error;
        removePath(path);
        return [];
      }
    });
    await syncFolders(new Set(changed));
  }

  /** Stores bytes that are in memory. @param mode see {@link FinishedFile} */
  put(content: string | Uint8Array, digest: Digest, mode = plainObjectMode()): void {
    const target = this.#layout.object(digest);
    if (existsSync(target)) return;
    writeFileAtomic(target, content, this.#layout.temporary, mode);
  }

  /**
   * Stores bytes for who only looks: where that cannot be done, they are there for this process.
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
  keep(content: string | Uint8Array, digest: Digest, mode = plainObjectMode()): void {
    // A damaged one would be found when its record is there, and all the work be done again.
    if (this.verify(digest) === 'sound' && this.touch(digest))
      shareObject(this.#layout.object(digest), mode);
    else this.put(content, digest, mode);
  }

  /**
   * Marks an object as used now, before a record refers to it: what was touched lately is never
   * collected. One of another user's, which only its owner may mark, is replaced by a copy of one's
   * own, where the folder allows that. @returns whether it is there
   */
  touch(digest: Digest): boolean {
    return touchOrReplace(this.#layout.object(digest), () => this.temporaryPath());
  }

  /** A copy of a file, whatever its size, for {@link take}. */
  copy(path: string): FinishedFile {
    const aside = this.temporaryPath();
    copyFileSync(path, aside);
    return { path: aside, digest: hashFile(aside), mode: plainObjectMode() };
  }

  /** Whether an object's bytes still have its digest. Changes nothing. */
  check(digest: Digest): ObjectState {
    try {
      return hashFile(this.#layout.object(digest)) === digest ? 'sound' : 'damaged';
    } catch (error) {
      // Another user's that this one may not read is of no use to it either.
      if (isErrorCode(error, 'ENOENT', 'EACCES')) return 'missing';
      throw error;
    }
  }

  /** Whether an object's bytes still have its digest; a damaged one is put into quarantine. */
  verify(digest: Digest): ObjectState {
    const state = this.check(digest);
    if (state === 'damaged') this.#quarantine(digest);
    return state;
  }

  #quarantine(digest: Digest): void {
    try {
      mkdirSync(this.#layout.quarantine, { recursive: true });
      const aside = join(this.#layout.quarantine, `${digest}.${makeNonce()}`);
      movePath(this.#layout.object(digest), aside);
    } catch (error) {
      // Another process was faster, or it is another user's: a sound one takes its place some time.
      if (!isErrorCode(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS')) throw error;
    }
  }

  /** The bytes of an object; null where it is missing or damaged. */
  readBytes(digest: Digest): Buffer | null {
    try {
      const bytes = readFileSync(this.#layout.object(digest));
      return hashBytes(bytes) === digest ? bytes : null;
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT', 'EACCES')) throw error;
      const offered = this.#offered.get(digest);
      return offered === undefined ? null : Buffer.from(offered);
    }
  }

  /** The text of an object; null where it is missing or damaged. */
  readText(digest: Digest): string | null {
    return this.readBytes(digest)?.toString('utf8') ?? null;
  }

  /**
   * Puts a copy of an object at a path that does not exist yet, and checks its bytes on the way. The
   * copy is nobody else's: what is written to it reaches neither the store nor another place.
   *
   * @returns whether the object was sound; where not there is no copy, and one that was damaged is in
   * quarantine
   */
  async place(digest: Digest, path: string): Promise<ObjectState> {
    const source = this.#layout.object(digest);
    try {
      if (await copyVerified(source, path, digest)) return 'sound';
    } catch (error) {
      if (isErrorCode(error, 'ENOENT', 'EACCES') && this.check(digest) === 'missing') {
        return 'missing';
      }
      throw error;
    }
    this.#quarantine(digest);
    return 'damaged';
  }

  /** A path beside nothing of the user's, for putting things together before they are renamed. */
  temporaryPath(): string {
    mkdirSync(this.#layout.temporary, { recursive: true });
    return join(this.#layout.temporary, makeNonce());
  }
}
