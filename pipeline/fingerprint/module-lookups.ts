/** What was looked at to find modules: a memo of code holds only while all of it is the same. */

import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import { isSystemError } from '../system/errors.ts';
import { type Digest, hashBytes } from './canonical.ts';
import { packageOf, places } from './collect-packages.ts';
import { type FileStamp, readStamp, statIfReadable } from './file-stamp.ts';

/** What esbuild appends, in its order. */
const APPENDED = ['.tsx', '.ts', '.jsx', '.js', '.css', '.json'];
/** TypeScript is imported by the name of what would be made of it. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};
/** `import(`./models/${name}.ts`)`, `require('./data/' + name)`: up to where it is not literal. */
const PATTERN = /\b(?:import|require)\(\s*(["'`])(\.{1,2}\/[^"'`$\n]*)(?:\$\{|\1\s*\+)/g;
const MAIN_FIELDS = ['main', 'module'];

/**
 * Stamps of what was looked at to find modules, beside the modules themselves: the names under which
 * they were found, which may be links that lead elsewhere one day; what would have been found first; and
 * what says which file is meant.
 */
export class ModuleLookups {
  /** Folder, from the workspace, in which all files that fit are meant → digest of what is in it. */
  readonly listings: Record<string, Digest> = {};
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

  /** Notes the folders of which a module imports whatever has a name that fits. */
  notePatterns(path: string, text: string): void {
    for (const [, , start = ''] of text.matchAll(PATTERN)) {
      const folder = join(dirname(path), start.slice(0, start.lastIndexOf('/')));
      this.listings[this.#toName(folder)] ??= digestListing(folder);
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
    this.#stamps[this.#toName(path)] ??= readStamp(path);
  }

  #toName(path: string): string {
    return relative(this.#root, path).split(sep).join('/');
  }
}

/** A digest of the names of all that is in a folder, at any depth. */
export function digestListing(folder: string): Digest {
  try {
    return hashBytes(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().join('\n'));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return hashBytes('');
  }
}
