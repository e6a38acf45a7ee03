import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { type Digest, hashBytes } from './canonical.ts';
import { stampOf, statIfReadable } from './file-stamp.ts';
import type { LockedPackage } from './lockfile.ts';
import { hashFile } from './read-content.ts';

/** What stands for an installed package as it is now. */
export interface InstalledPackage {
  /** Of the stamps of all of its files: another one where any of them was touched. */
  readonly signature: Digest;
  /** The file that changed last; null where there is none. */
  readonly youngest: Stats | null;
}

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
/** A package is put in place, and its install scripts run, within that time. */
const INSTALL_MS = 10 * 60 * 1000;

/**
 * The packages that are installed for a workspace, by their folder from it. What is locked counts by
 * its integrity while nobody has edited it: npm notes what it has installed when it is done, so that a
 * file that is younger was edited. Everything else counts by content: linked packages, those
 * of a workspace of npm, and whatever no lockfile of npm knows.
 */
export class InstalledPackages {
  readonly #root: string;
  readonly #digestFile: (path: string, stats: Stats) => Digest;
  readonly #known = new Map<string, PackageFiles | null>();
  readonly #notes = new Map<string, InstallNote | null>();

  /** @param root real path of the workspace */
  constructor(root: string, digestFile: (path: string, stats: Stats) => Digest = hashFile) {
    this.#root = root;
    this.#digestFile = digestFile;
  }

  /** What is installed in a folder; null where nothing is. */
  look(folder: string): InstalledPackage | null {
    let found = this.#known.get(folder);
    if (found === undefined) {
      found = readFiles(join(this.#root, folder));
      this.#known.set(folder, found);
    }
    return found;
  }

  /** Whether a package is a link to a folder that no package manager has put there. */
  isLinked(folder: string): boolean {
    this.look(folder);
    const place = this.#known.get(folder)?.place;
    return place !== undefined && !`${place}${sep}`.includes(`${sep}node_modules${sep}`);
  }

  /** The folder that a package really is in, from the workspace. */
  realFolder(folder: string): string {
    this.look(folder);
    const place = this.#known.get(folder)?.place;
    return place === undefined ? folder : relative(this.#root, place).split(sep).join('/');
  }

  /**
   * What counts of a package beside its version.
   *
   * @param locked what the lockfile says of it; undefined where it says nothing
   */
  describe(folder: string, locked: LockedPackage | undefined): string {
    const integrity = locked?.integrity ?? 'no integrity';
    this.look(folder);
    const found = this.#known.get(folder) ?? null;
    // Not for this platform, or not installed yet.
    if (found === null) return integrity;
    const before = locked?.integrity === undefined ? '' : `${integrity} `;
    if (this.isLinked(folder)) return `${before}linked:${this.#digest(found, () => true)}`;
    const installedAt = locked === undefined ? null : this.#findInstallation(folder, locked);
    if (installedAt === null) return `${before}content:${this.#digest(found, () => true)}`;
    const oldest = Math.min(...[...found.files.values()].map(({ mtimeMs }) => mtimeMs));
    // A copy without times is younger than its note, all of it.
    const since = oldest > installedAt ? oldest + INSTALL_MS : installedAt;
    const isEdited = (stats: Stats) => stats.mtimeMs > since;
    const hasEdits = [...found.files].some(([name, stats]) => isCounted(name) && isEdited(stats));
    return hasEdits ? `${integrity} edited:${this.#digest(found, isEdited)}` : integrity;
  }

  #digest({ place, files }: PackageFiles, counts: (stats: Stats) => boolean): Digest {
    const lines = [...files]
      .filter(([name, stats]) => isCounted(name) && counts(stats))
      .map(
        ([name, stats]) => `${JSON.stringify(name)} ${this.#digestFile(join(place, name), stats)}`,
      );
    return hashBytes(lines.sort().join('\n'));
  }

  /** When npm installed a package as it is locked; null where it did not. */
  #findInstallation(folder: string, locked: LockedPackage): number | null {
    const top = topOf(folder);
    let note = this.#notes.get(top);
    if (note === undefined) {
      note = readNote(join(this.#root, notePath(folder)));
      this.#notes.set(top, note);
    }
    const installed = note?.packages[folder.slice(top.length)];
    const isAsLocked =
      installed?.integrity !== undefined &&
      installed.integrity === locked.integrity &&
      installed.version === locked.version;
    return note !== null && isAsLocked ? note.writtenAt : null;
  }
}

/** Where npm notes what it has installed in the folder, from the workspace, that a package is in. */
export function notePath(folder: string): string {
  return `${topOf(folder)}node_modules/.package-lock.json`;
}

/** `../node_modules/a/node_modules/b` → `../` */
function topOf(folder: string): string {
  return folder.slice(0, folder.indexOf('node_modules/'));
}

/** What npm notes of what it has installed. */
interface InstallNote {
  readonly packages: Readonly<Record<string, LockedPackage>>;
  readonly writtenAt: number;
}

function readNote(path: string): InstallNote | null {
  try {
    const { packages = {} } = JSON.parse(readFileSync(path, 'utf8')) as Partial<InstallNote>;
    return { packages, writtenAt: statSync(path).mtimeMs };
  } catch {
    return null;
  }
}

function isCounted(name: string): boolean {
  return !BUILT.has(extname(name)) && !/\.so(?:\.\d+)+$/.test(name);
}

/** The files of a package without packages in it and what begins with a dot; null where none is there. */
function readFiles(folder: string): PackageFiles | null {
  let place: string;
  try {
    place = realpathSync(folder);
  } catch {
    return null;
  }
  const files = new Map<string, Stats>();
  const visit = (path: string, prefix: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const { name } = entry;
      if (name.startsWith('.') || name === 'node_modules') continue;
      if (entry.isDirectory()) visit(`${path}/${name}`, `${prefix}${name}/`);
      else {
        const stats = statIfReadable(`${path}/${name}`);
        if (stats?.isFile()) files.set(prefix + name, stats);
      }
    }
  };
  visit(place, '');
  let youngest: Stats | null = null;
  const lines: string[] = [place];
  for (const [name, stats] of files) {
    if (youngest === null || stats.ctimeMs > youngest.ctimeMs) youngest = stats;
    lines.push(`${name} ${stampOf(stats).join(' ')}`);
  }
  return { place, files, youngest, signature: hashBytes(lines.join('\n')) };
}
