/** What stands at a path of the machine, as text that is another where a driver or a device is another, or lets this process in. */

import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../system/errors.ts';
import { mayOpenDevice } from '../system/may-open.ts';
import { hashBytes } from './canonical.ts';

/** The kernel makes their content at each reading, and their times with it. */
const MADE_BY_KERNEL = /^\/(proc|sys)\//;

/** The state of a file, a folder with what is in it, or a device; `none` where nothing is, `unreadable` where nobody may look. */
export function readDeviceState(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 'none';
    if (!stats.isDirectory()) return stateOf(path, stats);
    const names = readdirSync(path).sort();
    return hashBytes(names.map((name) => `${name} ${stateOfEntry(join(path, name))}`).join('\n'));
  } catch (error) {
    if (isSystemError(error)) return 'unreadable';
    throw error;
  }
}

function stateOf(path: string, stats: Stats): string {
  // Who is let in is another answer: with the group of a GPU, a process finds what it did not without.
  if (!stats.isFile()) return `device ${stats.rdev} ${mayOpenDevice(path) ? 'open' : 'closed'}`;
  if (MADE_BY_KERNEL.test(path)) return hashBytes(readFileSync(path));
  return `file ${stats.size} ${stats.mtimeMs}`;
}

function stateOfEntry(path: string): string {
  const stats = MADE_BY_KERNEL.test(path) ? undefined : statSync(path, { throwIfNoEntry: false });
  // Of a folder in it only the name counts.
  return stats === undefined || stats.isDirectory() ? '' : stateOf(path, stats);
}
