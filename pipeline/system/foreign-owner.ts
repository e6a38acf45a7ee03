/**
 * Words for the commonest reason of “permission denied” in a shared workspace: it is another
 * user's.
 */

import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrorCode } from './errors.ts';

/**
 * Whose it is that the system did not let this user change, in words behind the error's own; nothing
 * where all is the user's, or rights are not what the error is about.
 */
export function wordForeignOwner(error: NodeJS.ErrnoException & { dest?: string }): string {
  if (!isErrorCode(error, 'EACCES', 'EPERM')) return '';
  for (const path of [error.dest, error.path]) {
    const found = path === undefined ? null : findNearest(path);
    if (found !== null && found.uid !== process.geteuid?.()) {
      return `; ${found.path} belongs to user ${found.uid}`;
    }
  }
  return '';
}

/** What stands at a path, or the folder that it would be in; null where that may not be looked at. */
function findNearest(path: string): { path: string; uid: number } | null {
  try {
    for (let at = path; ; at = dirname(at)) {
      const stats = lstatSync(at, { throwIfNoEntry: false });
      if (stats !== undefined) return { path: at, uid: stats.uid };
      if (at === dirname(at)) return null;
    }
  } catch {
    return null;
  }
}
