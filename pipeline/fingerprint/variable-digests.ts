/** Environment variables, which may be secrets → keyed digests that stand for them in records. */

import { createHmac, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import { makeNonce } from '../system/nonce.ts';
import { removePath } from '../system/remove-path.ts';

/** What stands for the value of an environment variable. */
export type VariableDigest = `hmac:${string}`;

const KEY_BYTES = 32;

/**
 * Stands for values of environment variables, which may be secrets: none is ever kept or shown. A
 * plain digest of a short one could be guessed, so that each is a SHA-256 with a key. The key is
 * random and belongs to a cache, whose results are filed under it; whoever reads both can guess.
 */
export class VariableDigests {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #keyPath: string;
  readonly #asideFolder: () => string | null;
  readonly #known = new Map<string, VariableDigest>();
  #key: Buffer | undefined;

  /**
   * @param keyPath file of the key, made when the first variable is asked for
   * @param asideFolder where it is put together, on the same file system; null where none is to be kept
   */
  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    keyPath: string,
    asideFolder: () => string | null,
  ) {
    this.#environment = environment;
    this.#keyPath = keyPath;
    this.#asideFolder = asideFolder;
  }

  /** What stands for a variable's value; null where it is unset. Equal values of two names differ. */
  of(name: string): VariableDigest | null {
    const value = this.#environment[name];
    if (value === undefined) return null;
    let digest = this.#known.get(name);
    if (digest === undefined) {
      this.#key ??= this.#openKey();
      digest = `hmac:${createHmac('sha256', this.#key).update(`${name}\0${value}`).digest('hex')}`;
      this.#known.set(name, digest);
    }
    return digest;
  }

  /** What stands for the values of some variables, by name; null for one that is unset. */
  ofAll(names: readonly string[]): Readonly<Record<string, VariableDigest | null>> {
    return Object.fromEntries(names.map((name) => [name, this.of(name)]));
  }

  #openKey(): Buffer {
    const kept = readKey(this.#keyPath);
    if (kept !== null) return kept;
    const fresh = randomBytes(KEY_BYTES);
    const asideFolder = this.#asideFolder();
    // Without a cache there is nothing to be found.
    if (asideFolder === null) return fresh;
    try {
      return this.#keep(fresh, asideFolder);
    } catch (error) {
      // Where nothing may be written there is nothing to be found either.
      if (!isErrorCode(error, 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOSPC')) throw error;
      return fresh;
    }
  }

  /** Keeps a new key, unless another process was faster. @returns the one that holds */
  #keep(fresh: Buffer, asideFolder: string): Buffer {
    const aside = join(asideFolder, `${makeNonce()}.key`);
    mkdirSync(dirname(this.#keyPath), { recursive: true });
    writeFileAtomic(aside, fresh, asideFolder, this.#mode());
    try {
      // Fails where there is one, as renaming does not.
      linkSync(aside, this.#keyPath);
    } catch (error) {
      const theirs = readKey(this.#keyPath);
      if (theirs !== null) return theirs;
      // There are no links here, or what is there is no key of ours to read.
      if (isErrorCode(error, 'ENOENT')) throw error;
      renameSync(aside, this.#keyPath);
    } finally {
      removePath(aside);
    }
    return fresh;
  }

  /** Its owner's alone, and its group's where the group may write to the cache. */
  #mode(): number {
    const folder = statSync(dirname(this.#keyPath), { throwIfNoEntry: false });
    return ((folder?.mode ?? 0) & 0o020) === 0 ? 0o600 : 0o660;
  }
}

/** The key in a file; null where it is absent, cut off or not ours to read. */
function readKey(path: string): Buffer | null {
  try {
    const key = readFileSync(path);
    return key.length === KEY_BYTES ? key : null;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return null;
    throw error;
  }
}
