import { constants, copyFileSync, existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nativePath, readNames } from '../system/byte-names.ts';
import {
  isErrorCode,
  movePath,
  removeEmptyFolder,
  removeTemporary,
  syncFile,
} from '../system/files.ts';
import type { KnownFile, StandingThing } from './standing.ts';

/** Where the user's things are kept that stand at the place of an output. */
export interface KeepPlaces {
  /** A folder of the run's own. */
  readonly folder: string;
  /** Distinguishes names beside the place, where that folder is on another disk. */
  readonly run: string;
}

/**
 * Moves what stands at a path out of the way, whole, so that nothing can come between. What the cache
 * holds too is for {@link removeKnown} once something else has taken the place.
 *
 * @param name of the path, from the workspace
 * @returns where it is now; null where the place itself cannot be moved, such as a mount
 */
export function moveAside(path: string, name: string, { folder, run }: KeepPlaces): string | null {
  const kept = findFree(join(folder, name));
  mkdirSync(dirname(kept), { recursive: true });
  if (tryRename(path, kept)) return kept;
  const beside = findFree(`${path}.kept-${run}`);
  return tryRename(path, beside) ? beside : null;
}

/**
 * Takes the user's things out of a folder that cannot be moved itself; of a file that cannot, a copy.
 *
 * @returns where they are now
 */
export function moveForeignAside(
  path: string,
  name: string,
  { foreign }: StandingThing,
  { folder }: KeepPlaces,
): string {
  const kept = findFree(join(folder, name));
  for (const one of foreign) {
    const to = one === '' ? kept : join(kept, one);
    mkdirSync(dirname(to), { recursive: true });
    if (one !== '') movePath(join(path, one), to);
    else {
      copyFileSync(path, to, constants.COPYFILE_EXCL);
      syncFile(to);
    }
  }
  return kept;
}

/**
 * Removes files that the cache holds, if they are still what was looked at, and folders that are empty
 * then. @returns whether anything is left
 */
export function removeKnown(path: string, known: readonly KnownFile[]): boolean {
  removeKnownFiles(path, known);
  removeEmptyFolders(path);
  return existsSync(path);
}

/** Removes files that the cache holds, if they are still what was looked at. */
export function removeKnownFiles(path: string, known: readonly KnownFile[]): void {
  for (const { name, stats } of known) {
    const at = name === '' ? path : join(path, name);
    const now = lstatSync(nativePath(at), { throwIfNoEntry: false });
    const isSame =
      now?.ino === stats.ino && now.size === stats.size && now.mtimeMs === stats.mtimeMs;
    if (isSame) removeTemporary(at);
  }
}

/** Removes a folder in which there are folders only, or else those of them that have nothing in them. */
export function removeEmptyFolders(path: string): void {
  if (!lstatSync(nativePath(path), { throwIfNoEntry: false })?.isDirectory()) return;
  for (const name of readNames(path)) removeEmptyFolders(`${path}/${name}`);
  removeEmptyFolder(path);
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    // A mount, another disk, a folder of an image's lower layer, a folder above that is read-only.
    if (isErrorCode(error, 'EXDEV', 'EBUSY', 'EACCES', 'EPERM', 'EINVAL')) return false;
    throw error;
  }
}

/** A path at which nothing stands: this one, or with a number. */
function findFree(path: string): string {
  const isTaken = (at: string) => lstatSync(at, { throwIfNoEntry: false }) !== undefined;
  if (!isTaken(path)) return path;
  let count = 2;
  while (isTaken(`${path}.${count}`)) count++;
  return `${path}.${count}`;
}
