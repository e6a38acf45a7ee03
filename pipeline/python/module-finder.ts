/** Python, followed: the name of a module → where it stands, in the order in which Python looks. */

import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DiskLook, FoundModule } from './disk-look.ts';
import type { Distributions } from './distributions.ts';
import type { PythonProgram } from './python-program.ts';
import { isLoadedFirst, isStandard } from './stdlib-names.ts';

/** A folder that a program adds to those that are looked in. */
export interface AddedFolder {
  readonly folder: string;
  readonly use: 'first' | 'last';
}

/** Where a module stands; a package has folders in which what is in it is looked for. */
interface ModulePlaceOnDisk {
  readonly file: string | null;
  readonly folders: readonly string[] | null;
}

/** Finds modules where a program would. */
export class ModuleFinder {
  readonly #program: PythonProgram;
  readonly #disk: DiskLook;
  readonly #distributions: Distributions;
  readonly #note: (module: string) => void;
  readonly #folders: readonly string[];
  readonly #behind: readonly string[];

  /** @param note told of packages that share their name with a folder of the workspace */
  constructor(
    program: PythonProgram,
    added: readonly AddedFolder[],
    disk: DiskLook,
    distributions: Distributions,
    note: (module: string) => void,
  ) {
    this.#program = program;
    this.#disk = disk;
    this.#distributions = distributions;
    this.#note = note;
    const of = (use: 'first' | 'last') =>
      added.filter((one) => one.use === use).map(({ folder }) => folder);
    this.#folders = [...of('first'), ...this.#ownFolders(), ...program.path];
    this.#behind = [...program.environment.sources, ...of('last')];
  }

  /** The place of a module that is in no other; null where the workspace has none. */
  findFirst(name: string): ModulePlaceOnDisk | null {
    if (isLoadedFirst(name) || name === '') return null;
    const { linked } = this.#program.environment;
    const own = this.findIn(this.#folders, name);
    if (own?.file != null) return own;
    // A folder without __init__.py is taken only where nothing else is found, its own included.
    if (isStandard(name)) return null;
    const behind = this.findIn(this.#behind, name);
    if (behind?.file != null) return behind;
    const path = linked.get(name);
    if (path !== undefined) {
      const found = this.findIn([dirname(path)], name);
      if (found?.file != null) return found;
    }
    const isInstalled = this.#distributions.ownersOf(name).length > 0;
    if (!isInstalled) {
      const stray = this.findIn(this.#program.environment.packages, name);
      if (stray?.file != null) return stray;
    }
    const folders = [...(own?.folders ?? []), ...(behind?.folders ?? [])];
    if (folders.length === 0) return null;
    if (isInstalled && this.#isWholePackage(name)) return null;
    if (isInstalled) this.#note(name);
    return { file: null, folders };
  }

  #isWholePackage(name: string): boolean {
    const { packages } = this.#program.environment;
    return packages.some((folder) =>
      /^(?:package|module|extension)$/.test(this.#disk.find(folder, name).kind),
    );
  }

  /** The first module or package of a name; else the folders that together are one. */
  findIn(folders: readonly string[], name: string): ModulePlaceOnDisk | null {
    const portions: string[] = [];
    for (const folder of folders) {
      const found: FoundModule = this.#disk.find(folder, name);
      if (found.kind === 'none') continue;
      if (found.kind === 'namespace') portions.push(join(folder, name));
      else {
        const isPackage = found.kind === 'package';
        return { file: found.file, folders: isPackage ? [join(folder, name)] : null };
      }
    }
    return portions.length === 0 ? null : { file: null, folders: portions };
  }

  /** The folder that stands first in sys.path. */
  #ownFolders(): string[] {
    const { entry, folder, isIsolated } = this.#program;
    if (isIsolated) return [];
    if (entry.kind !== 'file') return [folder];
    try {
      const real = realpathSync(entry.path);
      return [this.#disk.isFile(real) ? dirname(real) : real];
    } catch {
      return [dirname(entry.path)];
    }
  }
}
