/** How files get onto disk: whole or not at all. */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrorCode } from './errors.ts';
import { movePath } from './move-path.ts';
import { makeNonce } from './nonce.ts';
import { syncFolder } from './sync-file.ts';

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
 * Does what makes something in a folder. The folder is made where it is missing, which takes a second
 * try: most often it is there, and looking first would cost as much as the rest.
 *
 * @throws what the second try throws, and what the first one does that a missing folder does not explain
 */
export function inFolder<T>(folder: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error;
  }
  mkdirSync(folder, { recursive: true });
  return make();
}

/** What a file holds from a place on, up to `limit` bytes; none where that is no file, or ends before. */
export function readFrom(path: string, position: number, limit: number): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false });
  // A pipe would keep its reader.
  if (stats === undefined || !stats.isFile() || stats.size <= position) return Buffer.alloc(0);
  const buffer = Buffer.alloc(Math.min(limit, stats.size - position));
  const fd = openSync(path, 'r');
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, position));
  } finally {
    closeSync(fd);
  }
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
