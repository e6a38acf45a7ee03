/** Making files and their names survive a crash, many at once. */

import { close, closeSync, fsync, mkdirSync, open, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isErrorCode } from '../system/errors.ts';
import { movePath } from '../system/move-path.ts';
import { makeNonce } from '../system/nonce.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const syncAsync = promisify(fsync);

/**
 * So many files are open at a time for being flushed, of all results together: a process may not open
 * as many as a folder can have. Node flushes no more than a few at a time anyway.
 */
const MOST_OPEN = 8;
let openCount = 0;
const waiting: (() => void)[] = [];

/**
 * Makes the bytes of files durable. Many at once, and beside those of other results: file systems
 * write them out together in one commit of their journal, which one after the other would each wait
 * for.
 *
 * @throws a system error where the disk does not take them
 */
export async function syncFiles(paths: Iterable<string>): Promise<void> {
  await Promise.all([...paths].map(syncOne));
}

/**
 * Makes the names in folders durable, where the platform can.
 *
 * @throws a system error where the disk does not take them
 */
export async function syncFolders(paths: Iterable<string>): Promise<void> {
  await Promise.all(
    [...paths].map(async (path) => {
      try {
        await syncOne(path);
      } catch (error) {
        // Windows cannot open a folder; some network file systems refuse to sync one.
        if (!isErrorCode(error, 'EPERM', 'EISDIR', 'EINVAL', 'EACCES')) throw error;
      }
    }),
  );
}

async function syncOne(path: string): Promise<void> {
  // Whoever ends hands its turn on.
  if (openCount < MOST_OPEN) openCount++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    const fd = await openAsync(path, 'r');
    try {
      await syncAsync(fd);
    } finally {
      await closeAsync(fd);
    }
  } finally {
    const next = waiting.shift();
    if (next === undefined) openCount--;
    else next();
  }
}

/**
 * Moves a file to its place, making the folders above.
 *
 * @returns the folders whose names have changed
 */
export function renameInto(from: string, to: string): string[] {
  const folder = dirname(to);
  const made = mkdirSync(folder, { recursive: true });
  movePath(from, to);
  return made === undefined ? [folder] : [folder, dirname(made)];
}

/**
 * Writes a text beside its place.
 *
 * @returns where; it is neither durable nor visible yet
 * @throws a system error where the disk does not take it
 */
export function writeAside(text: string, asideFolder: string): string {
  mkdirSync(asideFolder, { recursive: true });
  const path = join(asideFolder, `${makeNonce()}.tmp`);
  const fd = openSync(path, 'w');
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
  return path;
}
