import { chmodSync, copyFileSync, mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Digest } from '../fingerprint/canonical.ts';
import type { TreeManifest } from '../fingerprint/tree-manifest.ts';
import { hasOddBytes, nativePath } from '../system/byte-names.ts';
import { makeNonce } from '../system/files.ts';
import { modeOf, type OutputModes, placedFolderMode, placedMode, ROOT } from './modes.ts';
import type { ObjectStore } from './objects.ts';

/** A file that was put into a folder. */
export interface PlacedFile {
  /** Path from the folder. */
  readonly name: string;
  readonly digest: Digest;
  readonly inode: number;
}

/**
 * Puts a folder together at a path that does not exist yet. Nobody else can look into it before it is
 * whole.
 */
export function assembleTree(
  path: string,
  { files, links, folders }: TreeManifest,
  modes: OutputModes,
  objects: ObjectStore,
): PlacedFile[] {
  const made = new FolderMaker(path);
  const placed: PlacedFile[] = [];
  for (const [name, { digest, executable }] of files) {
    made.ensure(dirname(name));
    const target = `${path}/${name}`;
    const plain = hasOddBytes(target) ? `${path}/${makeNonce()}` : target;
    placeFile(digest, plain, modeOf(modes, name, executable), objects);
    // The store knows no names that are not UTF-8.
    if (plain !== target) renameSync(plain, nativePath(target));
    placed.push({ name, digest, inode: statSync(nativePath(target)).ino });
  }
  for (const name of folders) made.ensure(name);
  for (const [name, target] of links) {
    made.ensure(dirname(name));
    symlinkSync(nativePath(target), nativePath(`${path}/${name}`));
  }
  for (const name of made.names) {
    const at = name === ROOT ? path : `${path}/${name}`;
    chmodSync(nativePath(at), placedFolderMode(modeOf(modes, name, true)));
  }
  return placed;
}

/** Puts a file at a path that does not exist yet. @param mode the rights that it had when it was made */
export function placeFile(digest: Digest, path: string, mode: number, objects: ObjectStore): void {
  objects.place(digest, path);
  if (statSync(path).nlink > 1) {
    const copy = `${dirname(path)}/${makeNonce()}`;
    copyFileSync(path, copy);
    renameSync(copy, path);
  }
  chmodSync(path, placedMode(mode));
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
