import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An installed package as package-lock.json (version 3) describes it. */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { optional?: boolean }>>;
}

/** The packages of a lockfile by their folder (`node_modules/a/node_modules/b`). */
export type Lockfile = Readonly<Record<string, LockedPackage>>;

/** Reads a workspace's package-lock.json; empty where there is none. */
export function readLockfile(workspace: string): Lockfile {
  try {
    const lock: unknown = JSON.parse(readFileSync(join(workspace, 'package-lock.json'), 'utf8'));
    return (lock as { packages?: Lockfile }).packages ?? {};
  } catch {
    return {};
  }
}

/** The package that an import belongs to: `@scope/name/file` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * The packages that imports bring in, their dependencies included: `name@version` → integrity.
 * Optional packages of other platforms count too, so that every host computes the same.
 *
 * A package that the workspace declares an optional peer may be absent: code that imports it is
 * expected to go on without it, so its absence counts like a version.
 *
 * @returns also the names that are neither locked, nor installed, nor optional, and the
 * `package.json` of those that are not locked: their versions were read there
 */
export function collectPackages(
  lockfile: Lockfile,
  imports: Iterable<string>,
  workspace: string,
): { packages: Record<string, string>; missing: string[]; described: string[] } {
  const packages: Record<string, string> = {};
  const missing: string[] = [];
  const described: string[] = [];
  const visited = new Set<string>();
  const visit = (folder: string) => {
    if (visited.has(folder)) return;
    visited.add(folder);
    const locked = lockfile[folder];
    if (locked === undefined) return;
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    packages[`${name}@${locked.version ?? 'linked'}`] = locked.integrity ?? 'no integrity';
    const needed = {
      ...locked.dependencies,
      ...locked.optionalDependencies,
      ...locked.peerDependencies,
    };
    for (const dependency of Object.keys(needed)) {
      const found = findFolder(lockfile, folder, dependency);
      if (found !== undefined) visit(found);
    }
  };
  for (const name of new Set([...imports].map(packageOf))) {
    const folder = findFolder(lockfile, '', name);
    if (folder !== undefined) visit(folder);
    else {
      const description = `node_modules/${name}/package.json`;
      const version = readVersion(join(workspace, description));
      const isOptional = lockfile['']?.peerDependenciesMeta?.[name]?.optional === true;
      if (version !== null) packages[`${name}@${version}`] = 'not in package-lock.json';
      else if (isOptional) packages[`${name}@absent`] = 'optional';
      else missing.push(name);
      if (version !== null || isOptional) described.push(description);
    }
  }
  return { packages, missing, described };
}

/** Node's lookup: the nearest `node_modules` upward from a package's folder. */
function findFolder(lockfile: Lockfile, from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const folder = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (lockfile[folder] !== undefined) return folder;
    if (base === '') return undefined;
  }
}

function readVersion(path: string): string | null {
  try {
    const description: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return String((description as { version?: unknown }).version);
  } catch {
    return null;
  }
}
