/** What is the user's at the place of an output: moved where it is kept, never lost. */

import { constants, copyFileSync, lstatSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nativePath, readNames } from '../system/byte-names.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { movePath } from '../system/move-path.ts';
import { changeFolder, removeEmptyFolder, removePath } from '../system/remove-path.ts';
import { syncFile } from '../system/sync-file.ts';
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
 * @throws a system error where it cannot be moved for another reason than where it stands
 */
export function moveAside(path: string, name: string, { folder, run }: KeepPlaces): string | null {
  const kept = findFree(join(folder, name));
  mkdirSync(dirname(kept), { recursive: true });
  if (tryRename(path, kept)) return kept;
  removeEmptyAround(kept, folder);
  const beside = findFree(`${path}.kept-${run}`);
  return tryRename(path, beside) ? beside : null;
}

/** Removes the folders that were made to keep something, where nothing is kept in them. */
export function removeEmptyAround(kept: string, folder: string): void {
  const root = dirname(folder);
  for (let at = dirname(kept); at.startsWith(root); at = dirname(at)) removeEmptyFolder(at);
}

/**
 * Takes the user's things out of a folder that cannot be moved itself; of a file that cannot, a copy.
 * Where one cannot be kept, all stay where they were.
 *
 * @returns where they are now
 * @throws a system error where one cannot be moved; all are where they were then
 */
export function moveForeignAside(
  path: string,
  name: string,
  { foreign }: StandingThing,
  { folder }: KeepPlaces,
): string {
  const kept = findFree(join(folder, name));
  const moved: string[] = [];
  try {
    for (const one of foreign) {
      const to = one === '' ? kept : join(kept, one);
      mkdirSync(dirname(to), { recursive: true });
      if (one === '') {
        copyFileSync(path, to, constants.COPYFILE_EXCL);
        syncFile(to);
      } else {
        movePath(join(path, one), to);
        moved.push(one);
      }
    }
  } catch (error) {
    for (const one of moved) movePath(join(kept, one), join(path, one));
    removeEmptyFolders(kept);
    removeEmptyAround(kept, folder);
    throw error;
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
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Removes files that the cache holds, if they are still what was looked at. */
export function removeKnownFiles(path: string, known: readonly KnownFile[]): void {
  for (const { name, stats } of known) {
    const at = name === '' ? path : join(path, name);
    const now = lstatSync(nativePath(at), { throwIfNoEntry: false });
    const isSame =
      now?.ino === stats.ino && now.size === stats.size && now.mtimeMs === stats.mtimeMs;
    if (isSame) tryToChange(dirname(at), () => removePath(at));
  }
}

/** Removes a folder in which there are folders only, or else those of them that have nothing in them. */
export function removeEmptyFolders(path: string): void {
  removeEmptyInner(path);
  removeEmptyFolder(path);
}

function removeEmptyInner(path: string): void {
  if (!lstatSync(nativePath(path), { throwIfNoEntry: false })?.isDirectory()) return;
  tryToChange(path, () => {
    for (const name of readNames(path)) {
      const inner = `${path}/${name}`;
      removeEmptyInner(inner);
      try {
        rmdirSync(nativePath(inner));
      } catch (error) {
        if (isErrorCode(error, 'EACCES', 'EPERM')) throw error;
      }
    }
  });
}

/** What the system does not allow, such as in a folder of another user's, stays undone. */
function tryToChange(folder: string, change: () => void): void {
  try {
    changeFolder(folder, change);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
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
