/** What stands at paths, by sizes and times: whether a job finds what was there when it was submitted. */

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../system/errors.ts';

/**
 * A stamp of each path: of the sizes and times of all that is there, links followed. Inodes are left
 * out, which some network file systems number on each host by themselves.
 */
export function stampPaths(paths: Iterable<string>): Record<string, string> {
  const stamps: Record<string, string> = {};
  for (const path of paths) stamps[path] ??= stampPath(path);
  return stamps;
}

/** The first path at which something else stands than was stamped; null where there is none. */
export function findReplaced(stamps: Readonly<Record<string, string>>): string | null {
  return Object.keys(stamps).find((path) => stampPath(path) !== stamps[path]) ?? null;
}

function stampPath(path: string): string {
  const hash = createHash('sha256');
  visit(path, '', hash);
  return hash.digest('hex').slice(0, 32);
}

function visit(path: string, name: string, hash: ReturnType<typeof createHash>): void {
  try {
    const stats = statSync(path);
    if (!stats.isDirectory()) {
      hash.update(`${name}\0${stats.size}\0${stats.mtimeMs}\n`);
      return;
    }
    hash.update(`${name}/\n`);
    for (const inner of readdirSync(path).sort())
      visit(join(path, inner), `${name}/${inner}`, hash);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    hash.update(`${name}\0${error.code}\n`);
  }
}
