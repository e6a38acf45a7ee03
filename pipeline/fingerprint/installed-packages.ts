/** What stands in `node_modules` → the content by which a package counts. */

import { readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Digest, hashBytes } from './canonical.ts';
import { type FileStamp, readStamp, stampOf, statIfReadable } from './file-stamp.ts';
import type { LockedPackage } from './lockfile.ts';
import { hashFile } from './read-content.ts';

/** What stands for an installed package as it is now. */
export interface InstalledPackage {
  /** Of the stamps of all of its files: another one where any of them was touched. */
  readonly signature: Digest;
  /** The file that changed last; null where there is none. */
  readonly youngest: Stats | null;
  /** It is a link to a folder that no package manager has put there. */
  readonly isLinked: boolean;
  /** Stamp of its `package.json`, which an installation replaces; null where it has none. */
  readonly description: FileStamp | null;
}

/** The content of a package, by a name that it has as long as the stamps of its files are the same. */
export type NamedContent = readonly [name: string, content: Digest];

interface PackageFiles extends InstalledPackage {
  /** Its folder, links resolved. */
  readonly place: string;
  /** Path in the package → what `stat` shows. */
  readonly files: ReadonlyMap<string, Stats>;
}

/**
 * Libraries are built anew on each machine, from the same sources: they count by the version of
 * their package, so that every host computes the same.
 */
const BUILT = new Set(['.node', '.so', '.dylib', '.dll', '.a', '.o', '.lib', '.exe']);
/** What counts where the package's own scripts may have put other things beside it, such as programs. */
const SCRIPTS = new Set(['.js', '.cjs', '.mjs', '.json', '.wasm']);

/**
 * The packages that are installed for a workspace, by their folder from it. They count by content,
 * whoever has put it there: no time of a file tells whether it is what the lockfile says. Those of
 * one platform alone count by what is locked, so that every host computes the same.
 */
export class InstalledPackages {
  readonly #root: string;
  readonly #digestFile: (path: string, stats: Stats) => Digest;
  readonly #kept: ReadonlyMap<string, Digest>;
  readonly #known = new Map<string, PackageFiles | null>();
  readonly #contents = new Map<string, NamedContent>();

  /**
   * @param root real path of the workspace
   * @param kept contents that were found before
   * @param digestFile hashes a file of a linked package, of which often a few change
   */
  constructor(
    root: string,
    kept: ReadonlyMap<string, Digest> = new Map(),
    digestFile: (path: string, stats: Stats) => Digest = hashFile,
  ) {
    this.#root = root;
    this.#kept = kept;
    this.#digestFile = digestFile;
  }

  /** What is installed in a folder; null where nothing is. */
  look(folder: string): InstalledPackage | null {
    return this.#find(folder);
  }

  /** Whether a package is a link to a folder that no package manager has put there. */
  isLinked(folder: string): boolean {
    return this.#find(folder)?.isLinked ?? false;
  }

  /** The folder that a package really is in, from the workspace. */
  realFolder(folder: string): string {
    const place = this.#find(folder)?.place;
    return place === undefined ? folder : relative(this.#root, place).split(sep).join('/');
  }

  /**
   * What counts of a package beside its version.
   *
   * @param locked what the lockfile says of it; undefined where it says nothing
   */
  describe(folder: string, locked: LockedPackage | undefined): string {
    const integrity = locked?.integrity ?? 'no integrity';
    const found = this.#find(folder);
    // Not for this platform, or not installed yet.
    if (found === null) return integrity;
    const isLinked = this.isLinked(folder);
    if (!isLinked && locked?.integrity !== undefined && isOfPlatform(locked)) return integrity;
    const counts = locked?.hasInstallScript === true && !isLinked ? isScript : isCounted;
    // Contents of other files of the same package are others.
    const name = nameContent(counts, found.signature);
    const content = this.#kept.get(name) ?? this.#digest(found, counts, isLinked);
    this.#contents.set(folder, [name, content]);
    const before = locked?.integrity === undefined ? '' : `${integrity} `;
    return `${before}${isLinked ? 'linked' : 'content'}:${content}`;
  }

  /**
   * The content of a package that {@link describe} asked for; undefined where it does not count.
   */
  contentOf(folder: string): NamedContent | undefined {
    return this.#contents.get(folder);
  }

  /**
   * What is known of a package's content from the signature that it had: a name with the content.
   * Undefined where its content does not count.
   */
  recall({ signature }: InstalledPackage): NamedContent | undefined {
    for (const counts of [isCounted, isScript]) {
      const name = nameContent(counts, signature);
      const content = this.#kept.get(name);
      if (content !== undefined) return [name, content];
    }
    return undefined;
  }

  /**
   * Whether what is installed in a folder now is what it was. Of packages that are not linked a look
   * at their `package.json` tells, which an installation replaces.
   *
   * @param before what {@link look} told
   * @param known what was known of its content
   */
  isUnchanged(folder: string, before: InstalledPackage, known: NamedContent | undefined): boolean {
    const description = readStamp(join(this.#root, folder, 'package.json'));
    if (!before.isLinked && isDeepStrictEqual(description, before.description)) return true;
    const found = readFiles(join(this.#root, folder));
    if (found === null) return false;
    if (found.signature === before.signature || known === undefined) return true;
    const counts = known[0] === nameContent(isScript, before.signature) ? isScript : isCounted;
    return this.#digest(found, counts, before.isLinked) === known[1];
  }

  #find(folder: string): PackageFiles | null {
    let found = this.#known.get(folder);
    if (found === undefined) {
      found = readFiles(join(this.#root, folder));
      this.#known.set(folder, found);
    }
    return found;
  }

  #digest(
    { place, files }: PackageFiles,
    counts: (name: string) => boolean,
    isLinked: boolean,
  ): Digest {
    const digestFile = isLinked ? this.#digestFile : hashFile;
    const lines = [...files]
      .filter(([name]) => counts(name))
      .map(([name, stats]) => `${JSON.stringify(name)} ${digestFile(join(place, name), stats)}`);
    return hashBytes(lines.sort().join('\n'));
  }
}

function nameContent(counts: (name: string) => boolean, signature: Digest): string {
  return `${counts === isScript ? 'scripts' : 'all'} ${signature}`;
}

/** Whether a package is one of several, of which each platform installs its own. */
function isOfPlatform({ optional, devOptional, os, cpu, libc }: LockedPackage): boolean {
  return (optional ?? devOptional) === true && (os ?? cpu ?? libc) !== undefined;
}

function isCounted(name: string): boolean {
  return !BUILT.has(extname(name)) && !/\.so(?:\.\d+)+$/.test(name);
}

function isScript(name: string): boolean {
  return SCRIPTS.has(extname(name));
}

/** The files of a package without packages in it; null where none is there. */
function readFiles(folder: string): PackageFiles | null {
  let place: string;
  try {
    place = realpathSync(folder);
  } catch {
    return null;
  }
  const files = new Map<string, Stats>();
  let text: string | undefined;
  /** What begins with a dot is seldom the package's own, but some are built into such a folder. */
  const isNamed = (name: string) => {
    text ??= readTextIfThere(join(place, 'package.json'));
    return text.includes(`${name}/`);
  };
  const visit = (path: string, prefix: string, above: readonly string[]) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const { name } = entry;
      if (name === 'node_modules' || (name.startsWith('.') && !isNamed(name))) continue;
      const inner = `${path}/${name}`;
      if (entry.isDirectory()) {
        visit(inner, `${prefix}${name}/`, above);
        continue;
      }
      const stats = statIfReadable(inner);
      if (stats?.isFile()) files.set(prefix + name, stats);
      else if (stats?.isDirectory()) {
        const real = realpathSync(inner);
        // A link out of the package, to where it was built; not one in a circle, or back to what counts.
        if (`${place}/`.startsWith(`${real}/`) || above.includes(real)) continue;
        visit(inner, `${prefix}${name}/`, [...above, real]);
      }
    }
  };
  visit(place, '', []);
  let youngest: Stats | null = null;
  const lines: string[] = [place];
  for (const [name, stats] of files) {
    if (youngest === null || stats.ctimeMs > youngest.ctimeMs) youngest = stats;
    lines.push(`${name} ${stampOf(stats).join(' ')}`);
  }
  const described = files.get('package.json');
  const description = described === undefined ? null : stampOf(described);
  const isLinked = !`${place}${sep}`.includes(`${sep}node_modules${sep}`);
  return { place, files, youngest, isLinked, description, signature: hashBytes(lines.join('\n')) };
}

function readTextIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
