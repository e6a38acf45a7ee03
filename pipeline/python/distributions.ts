/** Python, what is installed: folders of packages → the name and version of what a module belongs to. */

import { join } from 'node:path';
import type { DiskLook } from './disk-look.ts';

/** An installed distribution, by its metadata. */
interface Distribution {
  readonly name: string;
  readonly version: string;
  /** Names, normalised, of what it needs. */
  readonly needs: readonly string[];
}

/** What is installed in some folders, the first of a name first. */
export class Distributions {
  readonly #folders: readonly string[];
  readonly #disk: DiskLook;
  readonly #byName = new Map<string, string>();
  readonly #read = new Map<string, Distribution | null>();
  #owners: Map<string, Set<string>> | undefined;

  /** @param folders such as `site-packages`, absolute */
  constructor(folders: readonly string[], disk: DiskLook) {
    this.#folders = folders;
    this.#disk = disk;
    for (const folder of folders) {
      for (const entry of disk.list(folder)) {
        const [, name] = /^([^-]+)(?:-.*)?\.(?:dist|egg)-info$/.exec(entry) ?? [];
        if (name === undefined) continue;
        const key = normalizeName(name);
        if (!this.#byName.has(key)) this.#byName.set(key, join(folder, entry));
      }
    }
  }

  /** Names, normalised, of the distributions that a module belongs to. @param module its first name */
  ownersOf(module: string): readonly string[] {
    const own = normalizeName(module);
    const isThere = this.#folders.some((folder) => this.#disk.find(folder, module).kind !== 'none');
    // The usual case, without a look at the lists of all.
    if (this.#byName.has(own) && !this.#isShared(module)) return [own];
    if (!isThere) return [];
    this.#owners ??= this.#indexOwners();
    return [...(this.#owners.get(module) ?? [])].sort();
  }

  /** Name and version of distributions, and of all that they need and that is installed. */
  collect(names: readonly string[]): ReadonlyMap<string, string> {
    const versions = new Map<string, string>();
    const queue = new Set(names);
    for (const name of queue) {
      const found = this.#find(name);
      if (found === null) continue;
      versions.set(found.name, found.version);
      for (const need of found.needs) queue.add(need);
    }
    return versions;
  }

  /** Several distributions may put modules into one folder of that name, which has no `__init__.py`. */
  #isShared(module: string): boolean {
    return this.#folders.some((folder) => this.#disk.find(folder, module).kind === 'namespace');
  }

  #find(name: string): Distribution | null {
    let found = this.#read.get(name);
    if (found === undefined) {
      const folder = this.#byName.get(name);
      found = folder === undefined ? null : this.#readMetadata(folder, name);
      this.#read.set(name, found);
    }
    return found;
  }

  #readMetadata(folder: string, key: string): Distribution {
    const text =
      this.#disk.readText(join(folder, 'METADATA')) ??
      this.#disk.readText(join(folder, 'PKG-INFO')) ??
      '';
    const head = text.split(/\r?\n\r?\n/, 1)[0] ?? '';
    const fields = [...head.matchAll(/^([\w-]+): *(.*)$/gm)];
    const first = (wanted: string) => fields.find(([, name]) => name === wanted)?.[2]?.trim();
    const [, named] = /-([^-]+)(?:-py.*)?\.(?:dist|egg)-info$/.exec(folder) ?? [];
    const needs = fields
      .filter(([, name, value = '']) => name === 'Requires-Dist' && !/\bextra\b\s*==/.test(value))
      .map(([, , value = '']) => normalizeName(/^[\w.-]+/.exec(value)?.[0] ?? ''));
    return { name: first('Name') ?? key, version: first('Version') ?? named ?? 'unknown', needs };
  }

  #indexOwners(): Map<string, Set<string>> {
    const owners = new Map<string, Set<string>>();
    for (const [name, folder] of this.#byName) {
      for (const module of this.#listModules(folder)) {
        owners.set(module, (owners.get(module) ?? new Set()).add(name));
      }
    }
    return owners;
  }

  /** The first names of what a distribution installs. */
  #listModules(folder: string): string[] {
    const listed = this.#disk.isFile(join(folder, 'top_level.txt'))
      ? this.#disk.readText(join(folder, 'top_level.txt'))
      : null;
    if (listed !== null && listed.trim() !== '') return listed.split(/\s+/).filter(Boolean);
    const record = this.#disk.readText(join(folder, 'RECORD')) ?? '';
    const paths = record.split('\n').map((line) => /^"?([^",]+)/.exec(line)?.[1] ?? '');
    const firsts = paths
      .filter((path) => /\.(?:py|so|pyd)$/.test(path) && !path.startsWith('..'))
      .map((path) => (path.split('/')[0] ?? '').replace(/\..*$/, ''));
    return [...new Set(firsts)];
  }
}

/** A name of a distribution as all ways to write it are compared. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
