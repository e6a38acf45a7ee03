/** What `package-lock.json` says of the packages of a workspace. */

import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type FileStamp, readStamp } from './file-stamp.ts';

/** An installed package as package-lock.json (version 3) describes it. */
export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  /** Optional of what is installed for use, and needed for development. */
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { optional?: boolean }>>;
}

/**
 * The packages of a lockfile by their folder from the workspace (`node_modules/a/node_modules/b`,
 * `../node_modules/c`); `''` is the workspace itself.
 */
export type Lockfile = Readonly<Record<string, LockedPackage>>;

/** Where a workspace's `package-lock.json` is looked for, from it: in each folder above it too. */
function lockfileCandidates(workspace: string): string[] {
  const depth = workspace.split(sep).filter((step) => step !== '').length;
  return Array.from({ length: depth + 1 }, (_, i) => `${'../'.repeat(i)}package-lock.json`);
}

/**
 * Reads a workspace's package-lock.json, its own or, for a workspace of npm, that of a folder above;
 * empty where there is none.
 *
 * @param candidate where it is, from the workspace
 */
export function readLockfile(workspace: string, candidate = 'package-lock.json'): Lockfile {
  try {
    const lock: unknown = JSON.parse(readFileSync(join(workspace, candidate), 'utf8'));
    const packages = (lock as { packages?: Lockfile }).packages ?? {};
    const folder = join(workspace, candidate, '..');
    if (folder === join(workspace)) return packages;
    return Object.fromEntries(
      Object.entries(packages).map(([path, locked]) => [
        relative(workspace, join(folder, path)).split(sep).join('/'),
        locked,
      ]),
    );
  } catch {
    return {};
  }
}

/** A lockfile, and stamps by which another would be noticed. */
export interface FoundLockfile {
  readonly packages: Lockfile;
  /** Path from the workspace → stamp; null where nothing is. */
  readonly stamps: Readonly<Record<string, FileStamp | null>>;
}

/** Finds the lockfile that holds for a workspace. */
export function findLockfile(workspace: string): FoundLockfile {
  const stamps: Record<string, FileStamp | null> = {};
  for (const candidate of lockfileCandidates(workspace)) {
    const stamp = readStamp(join(workspace, candidate));
    stamps[candidate] = stamp;
    if (stamp !== null) return { packages: readLockfile(workspace, candidate), stamps };
  }
  return { packages: {}, stamps };
}
