/** How files and folders are removed, whatever their rights. */

import { chmodSync, lstatSync, rmdirSync, rmSync } from 'node:fs';
import { nativePath, readNames } from './byte-names.ts';
import { isErrorCode, isSystemError } from './errors.ts';

/**
 * Removes a folder that has nothing in it; any other stays.
 *
 * @throws a system error where its path cannot be looked at
 */
export function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(nativePath(path));
  } catch (error) {
    if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', ...NOT_TO_GO)) throw error;
  }
}

/** A link to a folder, a mount, a folder of another user's. */
const NOT_TO_GO = ['ENOTDIR', 'EBUSY', 'EACCES', 'EPERM', 'EROFS'];

/**
 * Changes what is in a folder. Where its owner may not, that is allowed for as long as it takes.
 *
 * @throws what the change throws, also where the folder is another user's
 */
export function changeFolder(folder: string, change: () => void): void {
  try {
    change();
    return;
  } catch (error) {
    if (!isErrorCode(error, 'EACCES', 'EPERM')) throw error;
  }
  const path = nativePath(folder);
  const mode = lstatSync(path).mode & 0o7777;
  chmodSync(path, mode | OWNER);
  try {
    change();
  } finally {
    chmodSync(path, mode);
  }
}

/**
 * Removes a file or folder; nothing happens where there is none.
 *
 * @throws a system error where something cannot be removed; part of a folder may be gone then
 */
export function removePath(path: string): void {
  rmSync(nativePath(path), { recursive: true, force: true });
}

/**
 * Removes a temporary folder, also where a stage has left folders in it that may not be written. What
 * cannot be removed all the same is no reason to stop.
 */
export function removeTemporary(path: string): void {
  try {
    removePath(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    openFolders(path);
    try {
      removePath(path);
    } catch (again) {
      if (!isSystemError(again)) throw again;
    }
  }
}

const OWNER = 0o700;

/**
 * Lets the owner of a folder list and change it and all folders in it, as far as that is possible. A
 * folder without these rights cannot be removed.
 */
function openFolders(path: string): void {
  try {
    const stats = lstatSync(nativePath(path), { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true) return;
    if ((stats.mode & OWNER) !== OWNER) chmodSync(nativePath(path), (stats.mode & 0o777) | OWNER);
    for (const name of readNames(path)) openFolders(`${path}/${name}`);
  } catch (error) {
    // Another user's, or another process is removing it too.
    if (!isSystemError(error)) throw error;
  }
}
