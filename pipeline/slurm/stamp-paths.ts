/** What stands at paths, by sizes and times: whether a job finds what was there when it was submitted. */

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrorCode, isSystemError } from '../system/errors.ts';

/**
 * A stamp of each path: of the sizes and times of all that is there, links followed. Inodes are left
 * out, which some network file systems number on each host by themselves.
 */
export function stampPaths(paths: Iterable<string>): Record<string, string> {
  const stamps: Record<string, string> = {};
  for (const path of paths) stamps[path] ??= stampPath(path);
  return stamps;
}

/**
 * The first path at which something else stands than was stamped; null where there is none, undefined where the disk
 * does not say of some and the others are as they were.
 */
export function findReplaced(stamps: Readonly<Record<string, string>>): string | null | undefined {
  let isKnown = true;
  for (const [path, stamp] of Object.entries(stamps)) {
    const found = stampPath(path);
    if (found === UNKNOWN) isKnown = false;
    else if (found !== stamp) return path;
  }
  return isKnown ? null : undefined;
}

/** Equal to no stamp: the disk did not say what stands there. */
const UNKNOWN = '';
/** What tells of a path, and is the same when it is asked again; other errors pass, or may. */
const SETTLED = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'];

function stampPath(path: string): string {
  const hash = createHash('sha256');
  return visit(path, '', hash) ? hash.digest('hex').slice(0, 32) : UNKNOWN;
}

/** @returns whether the disk answered */
function visit(path: string, name: string, hash: ReturnType<typeof createHash>): boolean {
  try {
    const stats = statSync(path);
    if (!stats.isDirectory()) {
      hash.update(`${name}\0${stats.size}\0${stats.mtimeMs}\n`);
      return true;
    }
    hash.update(`${name}/\n`);
    const inners = readdirSync(path).sort();
    return inners.every((inner) => visit(join(path, inner), `${name}/${inner}`, hash));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    hash.update(`${name}\0${error.code}\n`);
    return isErrorCode(error, ...SETTLED);
  }
}
