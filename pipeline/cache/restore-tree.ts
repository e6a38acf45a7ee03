/** Objects → a folder put together at a private path. */

import { mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Digest } from '../fingerprint/canonical.ts';
import type { TreeManifest } from '../fingerprint/tree-manifest.ts';
import { hasOddBytes, nativePath } from '../system/byte-names.ts';
import { setMode } from '../system/kept-modes.ts';
import { makeNonce } from '../system/nonce.ts';
import { modeOf, type OutputModes, placedFolderMode, placedMode, ROOT } from './modes.ts';
import type { ObjectStore } from './objects.ts';

/** Set-group-id, with which a shared workspace hands its group on to what is made in it. */
const INHERITED = 0o2000;

/** A file that was put into a folder. */
export interface PlacedFile {
  /** Path from the folder. */
  readonly name: string;
  readonly digest: Digest;
  readonly inode: number;
}

/** Which object of an output was missing or damaged. */
export interface RestoreFault {
  readonly ok: false;
  readonly fault: 'missing' | 'damaged';
  readonly digest: Digest;
}

/** How many large files of a folder are copied at a time. */
const COPIES = 4;

/**
 * Puts a folder together at a path that does not exist yet. Nobody else can look into it before it is
 * whole. Where an object is not sound, it is left unfinished.
 *
 * @throws a system error where the disk does not take a file
 */
export async function assembleTree(
  path: string,
  { files, links, folders }: TreeManifest,
  modes: OutputModes,
  objects: ObjectStore,
): Promise<readonly PlacedFile[] | RestoreFault> {
  const made = new FolderMaker(path);
  for (const name of files.keys()) made.ensure(dirname(name));
  const placed: PlacedFile[] = [];
  const faults: RestoreFault[] = [];
  const left = files.entries();
  const work = async () => {
    for (const [name, { digest, executable }] of left) {
      if (faults.length > 0) return;
      const target = `${path}/${name}`;
      const plain = hasOddBytes(target) ? `${path}/${makeNonce()}` : target;
      const fault = await placeFile(digest, plain, modeOf(modes, name, executable), objects);
      if (fault !== null) {
        faults.push(fault);
        return;
      }
      // The store knows no names that are not UTF-8.
      if (plain !== target) renameSync(plain, nativePath(target));
      placed.push({ name, digest, inode: statSync(nativePath(target)).ino });
    }
  };
  // All have ended before anything is removed again, or told.
  const ends = await Promise.allSettled(Array.from({ length: COPIES }, work));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const [fault] = faults;
  if (fault !== undefined) return fault;
  for (const name of folders) made.ensure(name);
  for (const [name, target] of links) {
    made.ensure(dirname(name));
    symlinkSync(nativePath(target), nativePath(`${path}/${name}`));
  }
  for (const name of made.names) {
    const at = nativePath(name === ROOT ? path : `${path}/${name}`);
    const inherited = statSync(at).mode & INHERITED;
    setMode(at, placedFolderMode(modeOf(modes, name, true)) | inherited);
  }
  return placed;
}

/**
 * Puts a file at a path that does not exist yet.
 *
 * @param mode the rights that it had when it was made
 * @returns what is wrong with its object; null where nothing is
 * @throws a system error where the disk does not take it
 */
export async function placeFile(
  digest: Digest,
  path: string,
  mode: number,
  objects: ObjectStore,
): Promise<RestoreFault | null> {
  const state = await objects.place(digest, path);
  if (state !== 'sound') return { ok: false, fault: state, digest };
  setMode(path, placedMode(mode));
  return null;
}

/** Makes folders in a folder, each once, at first for their owner alone. */
class FolderMaker {
  readonly #root: string;
  readonly #made = new Set<string>();

  constructor(root: string) {
    this.#root = root;
    this.ensure(ROOT);
  }

  /** Paths of what was made, the innermost first. */
  get names(): string[] {
    return [...this.#made].reverse();
  }

  ensure(name: string): void {
    if (this.#made.has(name)) return;
    if (name !== ROOT) this.ensure(dirname(name));
    const path = name === ROOT ? this.#root : `${this.#root}/${name}`;
    mkdirSync(nativePath(path), { mode: 0o700 });
    this.#made.add(name);
  }
}
