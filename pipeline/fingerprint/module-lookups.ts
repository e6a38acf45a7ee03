import { readFileSync, realpathSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { type FileStamp, readStamp, statIfReadable } from './file-stamp.ts';
import { packageOf, places } from './lockfile.ts';

/** What esbuild appends, in its order. */
const APPENDED = ['.tsx', '.ts', '.jsx', '.js', '.css', '.json'];
/** TypeScript is imported by the name of what would be made of it. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};
const MAIN_FIELDS = ['main', 'module'];

/**
 * Stamps of what was looked at to find modules, beside the modules themselves: the names under which
 * they were found, which may be links that lead elsewhere one day; what would have been found first; and
 * what says which file is meant.
 */
export class ModuleLookups {
  readonly #root: string;
  readonly #stamps: Record<string, FileStamp | null>;

  /**
   * @param root real path of the workspace
   * @param stamps where they are put, by path from there
   */
  constructor(root: string, stamps: Record<string, FileStamp | null>) {
    this.#root = root;
    this.#stamps = stamps;
  }

  /** Notes a path that a module imports, as it is written. */
  note(path: string): void {
    this.#noteFile(path);
    if (statIfReadable(path)?.isDirectory() !== true) return;
    this.#noteFile(join(path, 'index'));
    for (const main of this.#readMains(path)) {
      this.#noteFile(join(path, main));
      this.#noteFile(join(path, main, 'index'));
    }
  }

  /**
   * Notes a module of a package that is linked.
   *
   * @param folder the link
   * @param specifier what is imported
   * @param found real path of the module
   */
  noteLinked(importerFolder: string, folder: string, specifier: string, found: string): void {
    const name = packageOf(specifier);
    for (const place of places('/', importerFolder, name)) {
      this.#put(join('/', place, 'package.json'));
      if (join('/', place) === folder) break;
    }
    this.note(join(folder, specifier.slice(name.length)));
    this.#put(join(folder, relative(realpathSync(folder), found)));
  }

  #noteFile(path: string): void {
    const stats = statIfReadable(path);
    // A folder changes with all that is put into it.
    if (stats?.isDirectory() !== true) this.#put(path);
    if (stats?.isFile() === true) return;
    const end = extname(path);
    for (const appended of APPENDED) this.#put(path + appended);
    for (const other of WRITTEN_AS[end] ?? []) this.#put(path.slice(0, -end.length) + other);
  }

  /** What the description of a folder says that stands for it. */
  #readMains(folder: string): string[] {
    const path = join(folder, 'package.json');
    this.#put(path);
    try {
      const fields = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>;
      return MAIN_FIELDS.map((field) => fields[field]).filter((main) => typeof main === 'string');
    } catch {
      return [];
    }
  }

  #put(path: string): void {
    const name = relative(this.#root, path).split(sep).join('/');
    this.#stamps[name] ??= readStamp(path);
  }
}
