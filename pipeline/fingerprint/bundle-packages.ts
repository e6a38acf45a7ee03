/**
 * Packages that Node would not find from where bundles stand: under which names they are imported.
 */

import { lstatSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { hashBytes } from './canonical.ts';
import { packageOf, places } from './collect-packages.ts';

/**
 * The packages that Node would find from a bundle's folder not at all, or others: those of modules
 * with a `node_modules` nearer by, of modules outside the workspace, and all where `.pipeline` is a
 * link. The bundle imports them by names of their own, which whoever loads it makes lead there.
 */
export class BundlePackages {
  /** Name in the bundle → folder of the package from the workspace. */
  readonly folders = new Map<string, string>();
  readonly #root: string;
  readonly #bundleFolder: string;

  /**
   * @param root real path of the workspace
   * @param bundleFolder real path of the folder that bundles are in
   */
  constructor(root: string, bundleFolder: string) {
    this.#root = root;
    this.#bundleFolder = bundleFolder;
  }

  /** What a bundle imports for what a module in a folder imports. */
  rename(specifier: string, folder: string): string {
    const name = packageOf(specifier);
    const found = findBundledPackage(folder, name);
    if (found === null || found === findBundledPackage(this.#bundleFolder, name)) return specifier;
    const path = relative(this.#root, found).split(sep).join('/');
    const alias = `pipeline-${hashBytes(path).slice(0, 16)}`;
    this.folders.set(alias, path);
    return alias + specifier.slice(name.length);
  }
}

/** The folder, by its absolute path, in which Node finds a package. */
export function findBundledPackage(folder: string, name: string): string | null {
  for (const place of places('/', folder, name)) {
    const path = join('/', place);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  }
  return null;
}
