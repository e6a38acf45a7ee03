/** Which files left-over processes still have open, asked before a stage's outputs are taken. */

import { readdirSync, readlinkSync } from 'node:fs';
import { isSystemError } from './errors.ts';
import { hasProc } from './process-table.ts';

/** Looking takes some milliseconds; this much of them is for free, and of a run's time this share. */
const FREE_MS = 50;
const SHARE = 0.005;

let spentMs = 0;

/**
 * Paths of files that processes have open which were started after this one: those of stages, and what
 * stages leave running when they end. Known on Linux, of processes that this one may look at. Where
 * looking has taken too much of the time already, as with thousands of short stages, it is left out.
 *
 * @returns absolute paths without links; null where the system tells nothing of them
 */
export function listOpenFiles(): ReadonlySet<string> | null {
  if (!hasProc()) return null;
  const start = performance.now();
  const open = new Set<string>();
  if (spentMs > FREE_MS + SHARE * start) return open;
  for (const name of list('/proc')) {
    // Numbers go up, and begin again after millions.
    if (!(Number(name) > process.pid)) continue;
    for (const fd of list(`/proc/${name}/fd`)) {
      const path = readLink(`/proc/${name}/fd/${fd}`);
      if (path?.startsWith('/')) open.add(path);
    }
  }
  spentMs += performance.now() - start;
  return open;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // It has ended, or is another user's.
    if (!isSystemError(error)) throw error;
    return [];
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  }
}
