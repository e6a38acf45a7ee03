/**
 * How anything gets onto disk: whole or not at all, durable where it must be, removed whatever its
 * rights.
 */

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { nativePath, readNames, showName } from './byte-names.ts';

/** A name that no other process picks. */
export function makeNonce(): string {
  return randomBytes(8).toString('hex');
}

/**
 * Makes a file's bytes durable.
 *
 * @throws a system error where the disk does not take it
 */
export function syncFile(path: string): void {
  const fd = openSync(nativePath(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a folder durable, where the platform can. */
function syncFolder(path: string): void {
  try {
    syncFile(path);
  } catch (error) {
    // Windows cannot open a folder; some network file systems refuse to sync one.
    if (!isErrorCode(error, 'EPERM', 'EISDIR', 'EINVAL', 'EACCES')) throw error;
  }
}

/**
 * Writes a file so that any reader, at any moment and after a crash, finds the old content or the
 * new, never a part: aside, flushed, renamed.
 *
 * @param asideFolder where the new content is put together; a crash leaves its part there
 * @param mode permissions of the file, from its first moment
 * @throws a system error where the disk does not take it; the old content stays then
 */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  asideFolder: string,
  mode = 0o666,
): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  mkdirSync(asideFolder, { recursive: true });
  const aside = join(asideFolder, `${makeNonce()}.tmp`);
  const fd = openSync(aside, 'w', mode);
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  movePath(aside, path);
  syncFolder(folder);
}

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

/** The last bytes of a file, or all of them where there are no more than `limit`. */
export function readTail(path: string, limit: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, limit));
    const count = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, count);
  } finally {
    closeSync(fd);
  }
}

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

/** Whether an error is a system error with one of these codes (`ENOENT`, …). */
export function isErrorCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether an error came from the operating system (disk full, no permission, …). */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
