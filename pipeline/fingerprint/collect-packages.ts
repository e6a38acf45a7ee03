/** Imports of packages → the packages that stand behind them, with what stands for their content. */

import { readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { InstalledPackages } from './installed-packages.ts';
import type { LockedPackage, Lockfile } from './lockfile.ts';

/** An import of a package: what is imported, and the folder, from the workspace, of who does. */
export interface PackageImport {
  readonly specifier: string;
  readonly from: string;
  /** The code goes on where the package is absent. */
  readonly optional?: boolean;
}

/** The package that an import belongs to: `@scope/name/file` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * The packages that imports bring in, their dependencies included: `name@version` → the lockfile's
 * integrity and what stands for the content. Optional packages of other
 * platforms count too, so that every host computes the same.
 *
 * A package that the workspace declares an optional peer may be absent: code that imports it is
 * expected to go on without it, so its absence counts like a version.
 *
 * @returns also the names that are neither locked, nor installed, nor optional; the folders of the
 * packages; and the `package.json` beside them that decide: those that would come first, and those of
 * packages that are not locked
 */
export function collectPackages(
  lockfile: Lockfile,
  imports: Iterable<PackageImport>,
  workspace: string,
  installed = new InstalledPackages(workspace),
): {
  packages: Record<string, string>;
  missing: string[];
  described: string[];
  folders: string[];
} {
  const packages: Record<string, string> = {};
  const missing = new Set<string>();
  const described = new Set<string>();
  const visited = new Set<string>();
  const isThere = (at: string) => lockfile[at] !== undefined || installed.look(at) !== null;
  /** One that comes to lie nearer is another package. */
  const find = (from: string, name: string) => {
    const candidates = places(workspace, from, name);
    const at = candidates.findIndex(isThere);
    const nearer = at === -1 ? candidates : candidates.slice(0, at);
    for (const place of nearer) described.add(`${place}/package.json`);
    return candidates[at];
  };
  const visit = (folder: string) => {
    if (visited.has(folder)) return;
    visited.add(folder);
    // A link says nothing itself; what it leads to may be locked under its own folder.
    const real = installed.realFolder(folder);
    const locked = lockfile[real] ?? lockfile[folder];
    const isLinked = installed.isLinked(folder);
    // Who edits a package edits what it needs, too.
    const own =
      locked === undefined || isLinked ? readPackage(join(workspace, folder)) : { ...locked };
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const key = `${name}@${own.version ?? locked?.version ?? 'linked'}`;
    const text = installed.describe(folder, locked);
    // Two copies of one version may differ by what was edited in them.
    const other = packages[key];
    packages[key] =
      other === undefined || other === text
        ? text
        : [...other.split(' + '), text].sort().join(' + ');
    const needed = {
      ...own.dependencies,
      ...own.optionalDependencies,
      ...own.peerDependencies,
    };
    // The lockfile knows folders as they are named, even where all of node_modules is a link.
    const from = lockfile[folder] !== undefined && !isLinked ? folder : real;
    for (const dependency of Object.keys(needed)) {
      const found = find(from, dependency);
      if (found !== undefined) visit(found);
    }
  };
  const seen = new Set<string>();
  for (const { specifier, from, optional } of imports) {
    const name = packageOf(specifier);
    const key = JSON.stringify([name, from]);
    if (seen.has(key)) continue;
    seen.add(key);
    const folder = find(from, name);
    const isOptional = optional || lockfile['']?.peerDependenciesMeta?.[name]?.optional === true;
    if (folder !== undefined) visit(folder);
    else if (isOptional) packages[`${name}@absent`] = 'optional';
    else missing.add(name);
    if (folder !== undefined && lockfile[folder] === undefined) {
      described.add(`${folder}/package.json`);
    }
  }
  return { packages, missing: [...missing], described: [...described], folders: [...visited] };
}

/**
 * The folders in which Node looks for a package, the nearest first.
 *
 * @param from the folder of who imports it, from the workspace
 */
export function places(workspace: string, from: string, name: string): string[] {
  const absolute = posix.join('/', workspace.split(sep).join('/'), from);
  const steps = absolute.split('/').filter((step) => step !== '');
  const found: string[] = [];
  for (let up = 0; up <= steps.length; up++) {
    const base = posix.normalize(`${from === '' ? '.' : from}/${'../'.repeat(up)}`);
    // `node_modules` itself has none.
    if (steps[steps.length - up - 1] === 'node_modules') continue;
    found.push(posix.join(base, 'node_modules', name));
  }
  return found;
}

/** What an installed package says of itself; nothing where it says nothing. */
function readPackage(folder: string): LockedPackage {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as LockedPackage;
  } catch {
    return {};
  }
}
