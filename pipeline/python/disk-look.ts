/** Python, looking for code: what was asked of the disk, so that the same answers can be told again. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import { type FileStamp, fitsStamp, readStamp, statIfReadable } from '../fingerprint/file-stamp.ts';

/** What stands in a folder for the name of a module; `extension` is a file that was compiled. */
export type FoundModule =
  | { readonly kind: 'package' | 'module' | 'extension'; readonly file: string }
  | { readonly kind: 'namespace' }
  | { readonly kind: 'none' };

/** All that was asked of the disk, by paths from the workspace. */
export interface DiskAnswers {
  /** What was read, or was not there. */
  readonly stamps: Readonly<Record<string, FileStamp | null>>;
  /** Folder → name of a module → what stands there for it. */
  readonly found: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Folder → digest of the names in it. */
  readonly listings: Readonly<Record<string, Digest>>;
}

/** The names in folders, each read once. */
export class FolderNames {
  readonly #known = new Map<string, ReadonlySet<string>>();
  readonly #extensions = new Map<string, readonly string[]>();

  /** The names in a folder, none where it is not there. @param folder absolute */
  of(folder: string): ReadonlySet<string> {
    let names = this.#known.get(folder);
    if (names === undefined) {
      names = readNames(folder);
      this.#known.set(folder, names);
    }
    return names;
  }

  /** Finds a module as Python does, which looks at compiled ones first. */
  find(folder: string, name: string): FoundModule {
    const names = this.of(folder);
    if (names.has(name) && isFolder(join(folder, name))) {
      const inner = join(folder, name);
      const init = this.#compiled(inner, '__init__') ?? '__init__.py';
      if (this.of(inner).has(init)) return { kind: 'package', file: join(inner, init) };
      const own = this.#findFile(folder, name);
      return own ?? { kind: 'namespace' };
    }
    return this.#findFile(folder, name) ?? { kind: 'none' };
  }

  #findFile(folder: string, name: string): FoundModule | null {
    const compiled = this.#compiled(folder, name);
    if (compiled !== undefined) return { kind: 'extension', file: join(folder, compiled) };
    const text = `${name}.py`;
    return this.of(folder).has(text) ? { kind: 'module', file: join(folder, text) } : null;
  }

  #compiled(folder: string, name: string): string | undefined {
    let files = this.#extensions.get(folder);
    if (files === undefined) {
      files = [...this.of(folder)].filter((file) => /\.(?:so|pyd)$/.test(file));
      this.#extensions.set(folder, files);
    }
    return files.find((file) => file.slice(0, file.indexOf('.')) === name);
  }
}

/** Asks the disk, and notes what it says. */
export class DiskLook {
  readonly #root: string;
  readonly #names: FolderNames;
  readonly #stamps: Record<string, FileStamp | null> = {};
  readonly #found: Record<string, Record<string, string>> = {};
  readonly #listings: Record<string, Digest> = {};

  /** @param root real path of the workspace, from which paths are noted */
  constructor(root: string, names: FolderNames) {
    this.#root = root;
    this.#names = names;
  }

  get answers(): DiskAnswers {
    return { stamps: this.#stamps, found: this.#found, listings: this.#listings };
  }

  /** A path from the workspace, as it is noted. */
  nameOf(path: string): string {
    return relative(this.#root, path).split(sep).join('/') || '.';
  }

  /** The bytes of a file; null where it cannot be read. */
  readBytes(path: string): Buffer | null {
    this.#stamps[this.nameOf(path)] = readStamp(path);
    try {
      return readFileSync(path);
    } catch {
      return null;
    }
  }

  readText(path: string): string | null {
    const bytes = this.readBytes(path);
    return bytes === null ? null : decodeModule(bytes);
  }

  /** Whether a file is there. */
  isFile(path: string): boolean {
    this.#stamps[this.nameOf(path)] ??= readStamp(path);
    return statIfReadable(path)?.isFile() === true;
  }

  find(folder: string, name: string): FoundModule {
    const found = this.#names.find(folder, name);
    const place = this.nameOf(folder);
    const answers = this.#found[place] ?? (Object.create(null) as Record<string, string>);
    this.#found[place] = answers;
    answers[name] = formatFound(found);
    return found;
  }

  /** The names in a folder. */
  list(folder: string): ReadonlySet<string> {
    const names = this.#names.of(folder);
    this.#listings[this.nameOf(folder)] = digestNames(names);
    return names;
  }
}

/** Whether the disk says today what it said. @param root real path of the workspace */
export function saysTheSame(answers: DiskAnswers, root: string, names: FolderNames): boolean {
  const pathOf = (name: string) => join(root, name);
  return (
    Object.entries(answers.stamps).every(([file, stamp]) =>
      fitsStamp(statIfReadable(pathOf(file)), stamp),
    ) &&
    Object.entries(answers.found).every(([folder, found]) =>
      Object.entries(found).every(
        ([name, was]) => formatFound(names.find(pathOf(folder), name)) === was,
      ),
    ) &&
    Object.entries(answers.listings).every(
      ([folder, listing]) => digestNames(names.of(pathOf(folder))) === listing,
    )
  );
}

/** The paths that decide what the disk said, from the workspace: also where something may appear. */
export function listLooks({ stamps, found, listings }: DiskAnswers): string[] {
  const sought = Object.entries(found).flatMap(([folder, names]) =>
    Object.keys(names).flatMap((name) => {
      const path = folder === '.' ? name : `${folder}/${name}`;
      return [path, `${path}.py`];
    }),
  );
  return [...Object.keys(stamps), ...sought, ...Object.keys(listings)];
}

function formatFound(found: FoundModule): string {
  return 'file' in found
    ? `${found.kind} ${found.file.slice(found.file.lastIndexOf('/'))}`
    : found.kind;
}

function digestNames(names: ReadonlySet<string>): Digest {
  return hashBytes(
    [...names]
      .filter((name) => name !== '__pycache__')
      .sort()
      .join('\n'),
  );
}

function readNames(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set();
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The text of a module: UTF-8, unless its head says otherwise. */
export function decodeModule(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
