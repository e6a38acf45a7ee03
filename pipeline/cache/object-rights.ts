/** Keeping results: to whom the files of objects belong, and who may read them. */

import { chmodSync, copyFileSync, statSync, utimesSync } from 'node:fs';
import { isErrorCode } from '../system/errors.ts';
import { setMode } from '../system/kept-modes.ts';
import { renameInto } from './durable.ts';

/**
 * Makes a file one as the store keeps it: read-only, used now, and this user's.
 *
 * @param makePath a path for a copy of another user's file
 * @returns where it is then
 */
export function ownFile(path: string, mode: number, makePath: () => string): string {
  try {
    chmodSync(path, mode);
    touchFile(path);
    return path;
  } catch (error) {
    if (!isErrorCode(error, 'EPERM')) throw error;
  }
  // A stage may run what writes as another user, such as a container.
  const copy = makePath();
  copyFileSync(path, copy);
  setMode(copy, mode);
  return copy;
}

/** Lets those read an object who may read other bytes that are the same, where it is this user's. */
export function shareObject(path: string, mode: number): void {
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
 * Marks an object as used now. One of another user's, which only its owner may mark, is replaced by a
 * copy of one's own, where the folder allows that.
 *
 * @param makePath a path for the copy
 * @returns whether it is there
 */
export function touchOrReplace(path: string, makePath: () => string): boolean {
  const touched = touchFile(path);
  if (touched !== 'not ours') return touched;
  try {
    const aside = makePath();
    copyFileSync(path, aside);
    renameInto(aside, path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    if (!isErrorCode(error, 'EACCES', 'EPERM')) throw error;
  }
  return true;
}

/** Sets a file's times to now. @returns whether it is there; only its owner can */
export function touchFile(path: string): boolean | 'not ours' {
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    if (isErrorCode(error, 'EPERM', 'EACCES')) return 'not ours';
    throw error;
  }
}
