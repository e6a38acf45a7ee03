/** Whether a large write fits on the disk, asked before it starts. */

import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fail } from './failure.ts';

/** Bytes left free beyond a write, so that the run's logs and records still fit. */
const RESERVE = 16 * 1024 ** 2;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/**
 * Fails with a message for the user where the file system of `folder` has no room for `bytes` more
 * bytes. `what` names what is written there (`cifar-10-binary.tar.gz`). The folder need not exist
 * yet. A file system that does not tell its size passes.
 */
export async function ensureFreeSpace(folder: string, bytes: number, what: string): Promise<void> {
  const free = await freeSpace(resolve(folder));
  if (free === null || free >= bytes + RESERVE) return;
  fail(
    `not enough disk space for ${what}: it needs ${formatBytes(bytes + RESERVE)} in ${folder}, ` +
      `where ${formatBytes(free)} are free. Free some space there and run again.`,
  );
}

/** A number of bytes for people: `512 B`, `162.6 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Bytes that an unprivileged process may still write there; null where that is not known. */
async function freeSpace(folder: string): Promise<number | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return blocks === 0 ? null : bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing && parent !== folder ? freeSpace(parent) : null;
  }
}
