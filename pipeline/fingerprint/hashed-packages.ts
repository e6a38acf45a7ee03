/** Guards a result against packages that are replaced while the stage runs. */

import type { InstalledPackage, InstalledPackages, NamedContent } from './installed-packages.ts';

/** A package as it was when the code that imports it was hashed. */
export interface HashedPackage {
  /** From the workspace. */
  readonly folder: string;
  /** Null where it was not installed. */
  readonly look: InstalledPackage | null;
  readonly content: NamedContent | undefined;
}

/**
 * The packages of stages' code. They are not in its bundles: each process loads them as they are, so
 * that it matters whether they still are what was hashed.
 */
export class HashedPackages {
  readonly #byEntry = new Map<string, readonly HashedPackage[]>();

  /**
   * Notes the packages of a stage module's code, which was hashed just now.
   *
   * @param folders of the packages, from the workspace
   */
  note(
    entry: string,
    folders: readonly string[],
    installed: InstalledPackages,
  ): readonly HashedPackage[] {
    const packages = folders.map((folder): HashedPackage => {
      const look = installed.look(folder);
      const known = look === null ? undefined : installed.recall(look);
      return { folder, look, content: installed.contentOf(folder) ?? known };
    });
    this.#byEntry.set(entry, packages);
    return packages;
  }

  /** The folder of a package that is not what it was, as it is now; null where there is none. */
  findReplaced(entry: string, installed: InstalledPackages): string | null {
    const replaced = this.#byEntry
      .get(entry)
      ?.find(
        ({ folder, look, content }) =>
          look !== null && !installed.isUnchanged(folder, look, content),
      );
    return replaced?.folder ?? null;
  }
}
