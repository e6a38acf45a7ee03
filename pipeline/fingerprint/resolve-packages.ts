/** The code of a module: which of its imports are packages, that stay outside of its bundle. */

import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { ImportKind, OnResolveArgs, OnResolveResult, PluginBuild } from 'esbuild';
import { type BundlePackages, findBundledPackage } from './bundle-packages.ts';
import { type PackageImport, packageOf } from './collect-packages.ts';
import { type FileStamp, readStamp } from './file-stamp.ts';
import type { ModuleLookups } from './module-lookups.ts';
import { findOwnImport } from './own-imports.ts';

/** Given to esbuild's resolver with a path that it is to resolve in its own way. */
export const PASS = Symbol('resolve as esbuild does');
const TYPESCRIPT = /\.[cm]?ts$/;

/** What is read of modules, to which the resolver adds. */
export interface ReadModules {
  /** Path from the workspace → text as it was read. */
  readonly sources: ReadonlyMap<string, string>;
  readonly stamps: Record<string, FileStamp | null>;
  readonly imports: PackageImport[];
  readonly lookups: ModuleLookups;
}

/** Tells packages from what is the workspace's own, and notes the packages that are imported. */
export class PackageResolver {
  readonly #root: string;
  readonly #packages: BundlePackages;
  readonly #read: ReadModules;
  /** Folder → name of the package that it belongs to. */
  readonly #names = new Map<string, string | null>();

  /** @param root real path of the workspace */
  constructor(root: string, packages: BundlePackages, read: ReadModules) {
    this.#root = root;
    this.#packages = packages;
    this.#read = read;
  }

  /** A package stays outside; what is the workspace's own, or TypeScript in a linked one, does not. */
  async resolve(
    build: PluginBuild,
    {
      path,
      importer,
      resolveDir,
      kind,
    }: Pick<OnResolveArgs, 'path' | 'importer' | 'resolveDir' | 'kind'>,
  ): Promise<OnResolveResult> {
    const own = path.startsWith('#')
      ? findOwnImport(resolveDir, path, kind.startsWith('require'))
      : null;
    if (own?.target.startsWith('./')) this.#read.lookups.note(join(own.folder, own.target));
    else if (own !== null) return this.#keepOutside(own.target, importer, kind);
    const name = packageOf(path);
    const isOwn = this.#findOwnName(dirname(importer)) === name || path.startsWith('#');
    const linked = isOwn ? null : findLinked(name, resolveDir);
    if (isOwn || linked !== null) {
      const found = await build.resolve(path, { resolveDir, importer, kind, pluginData: PASS });
      if (
        found.errors.length === 0 &&
        found.path !== '' &&
        (isOwn || TYPESCRIPT.test(found.path))
      ) {
        if (linked !== null) this.#read.lookups.noteLinked(resolveDir, linked, path, found.path);
        return found.external || /[\\/]node_modules[\\/]/.test(found.path)
          ? this.#keepOutside(path, importer, kind)
          : { path: found.path };
      }
      if (path.startsWith('#')) return { errors: found.errors };
    }
    return this.#keepOutside(path, importer, kind);
  }

  #keepOutside(path: string, importer: string, kind: ImportKind) {
    const from = this.#toName(dirname(importer));
    const text = this.#read.sources.get(this.#toName(importer)) ?? '';
    const optional = kind.startsWith('require') && /\btry\b/.test(text);
    this.#read.imports.push({ specifier: path, from, optional });
    return { path: this.#packages.rename(path, dirname(importer)), external: true };
  }

  /** The name of the package that a folder belongs to, as Node finds it. */
  #findOwnName(folder: string): string | null {
    const before = this.#names.get(folder);
    if (before !== undefined) return before;
    const description = join(folder, 'package.json');
    this.#read.stamps[this.#toName(description)] = readStamp(description);
    let name: string | null;
    try {
      name = (JSON.parse(readFileSync(description, 'utf8')) as { name?: string }).name ?? null;
    } catch {
      name = dirname(folder) === folder ? null : this.#findOwnName(dirname(folder));
    }
    this.#names.set(folder, name);
    return name;
  }

  #toName(path: string): string {
    return relative(this.#root, path).split(sep).join('/');
  }
}

/** The link in `node_modules` to a folder that no package manager has put there; null where it is none. */
function findLinked(name: string, resolveDir: string): string | null {
  const folder = findBundledPackage(resolveDir, name);
  if (folder === null || !lstatSync(folder).isSymbolicLink()) return null;
  try {
    return realpathSync(folder).includes(`${sep}node_modules${sep}`) ? null : folder;
  } catch {
    return null;
  }
}
