/** How bytes and names become durable. */

import { closeSync, fsyncSync, openSync } from 'node:fs';
import { nativePath } from './byte-names.ts';
import { isErrorCode } from './errors.ts';

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

/**
 * Makes the names in a folder durable, where the platform can.
 *
 * @throws a system error where the disk does not take them
 */
export function syncFolder(path: string): void {
  try {
    syncFile(path);
  } catch (error) {
    // Windows cannot open a folder; some network file systems refuse to sync one.
    if (!isErrorCode(error, 'EPERM', 'EISDIR', 'EINVAL', 'EACCES')) throw error;
  }
}
