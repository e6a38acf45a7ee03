/** How files and folders move, to another disk too. */

import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { nativePath, readNames, showName } from './byte-names.ts';
import { isErrorCode } from './errors.ts';
import { makeNonce } from './nonce.ts';
import { removePath, removeTemporary } from './remove-path.ts';
import { syncFile, syncFolder } from './sync-file.ts';

/** What an owner may do with a folder of its own. */
const OWNER = 0o700;

/**
 * Renames a file or folder to its place; a file replaces a file. Where that is on another device (or
 * only mounted elsewhere), a copy is made beside the place, flushed and renamed, and the original
 * goes last. A crash leaves the copy beside the place, under a name that {@link isUnfinished} knows.
 *
 * @throws a system error where it cannot be moved, and Error for a pipe or device that would go to
 * another disk; it stands where it was then
 */
export function movePath(from: string, to: string): void {
  try {
    renameSync(nativePath(from), nativePath(to));
    return;
  } catch (error) {
    if (!isErrorCode(error, 'EXDEV')) throw error;
  }
  const beside = nameUnfinished(to);
  try {
    copyTree(from, beside);
    syncTree(beside);
    renameSync(beside, to);
  } catch (error) {
    removeTemporary(beside);
    throw error;
  }
  syncFolder(dirname(to));
  removePath(from);
}

/** Copies a file, link or folder with names, modes and times. @throws for a pipe, socket or device */
function copyTree(from: string, to: string): void {
  const [source, target] = [nativePath(from), nativePath(to)];
  const stats = lstatSync(source);
  if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(source, 'buffer'), target);
    return;
  }
  if (stats.isDirectory()) {
    mkdirSync(target, { mode: OWNER });
    for (const name of readNames(from)) copyTree(`${from}/${name}`, `${to}/${name}`);
    chmodSync(target, stats.mode & 0o7777);
  } else if (stats.isFile()) copyFileSync(source, target);
  else throw new Error(`${showName(from)} is no file or folder, and cannot go to another disk`);
  utimesSync(target, stats.atime, stats.mtime);
}

const UNFINISHED = /^\.pipeline-[0-9a-f]{16}\.tmp$/;

/** A name beside a path for what is on its way there. */
export function nameUnfinished(path: string): string {
  return join(dirname(path), `.pipeline-${makeNonce()}.tmp`);
}

/** Whether a name in a folder is that of something that never came to its place. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** Makes a file durable, or a folder with all that it holds. */
function syncTree(path: string): void {
  const stats = lstatSync(nativePath(path));
  if (stats.isDirectory()) {
    for (const name of readNames(path)) syncTree(`${path}/${name}`);
    syncFolder(path);
  } else if (stats.isFile()) syncFile(path);
}
