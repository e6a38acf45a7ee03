/** A folder on disk → its manifest, links followed as far as they may be. */

import { lstatSync, type Stats } from 'node:fs';
import { nativePath, readNames, readTarget } from '../system/byte-names.ts';
import { isErrorCode } from '../system/errors.ts';
import { staysInside } from './inner-links.ts';
import {
  type DigestFile,
  look,
  readFileContent,
  type Unreadable,
  unreadable,
  wordError,
} from './path-content.ts';
import type { TreeFile, TreeManifest } from './tree-manifest.ts';

/** What reading a folder may leave out, by paths from there. */
export interface EntryFilter {
  readonly skips: (path: string, isFolder: boolean) => boolean;
  /**
   * Whether a folder of which all is left out counts as an empty one. Otherwise it does not count: it
   * may be there for the sake of what does not count.
   */
  readonly keepsEmptied?: boolean;
}

/** A folder on the way: its path, its path in the tree, and where the tree's links may lead to. */
interface Visit {
  readonly folder: string;
  readonly prefix: string;
  /** Prefix of the folder that was entered last through a link, up to which links stay inside. */
  readonly base: string;
  /** Identities of the folders above and of this one. */
  readonly above: readonly string[];
}

/** Reads a folder with all below it. */
export class TreeReader {
  readonly #digestFile: DigestFile;
  readonly #filter: EntryFilter;
  readonly #files = new Map<string, TreeFile>();
  readonly #links = new Map<string, string>();
  readonly #folders = new Set<string>();
  #dangling: Unreadable | null = null;

  constructor(digestFile: DigestFile, filter: EntryFilter) {
    this.#digestFile = digestFile;
    this.#filter = filter;
  }

  get manifest(): TreeManifest {
    return { files: this.#files, links: this.#links, folders: this.#folders };
  }

  /** The first link that stays inside and leads to nothing. */
  get dangling(): Unreadable | null {
    return this.#dangling;
  }

  /** @returns what cannot be read; null where all could be */
  read(folder: string, stats: Stats): Unreadable | null {
    return this.#visit({ folder, prefix: '', base: '', above: [identify(stats)] });
  }

  #visit(visit: Visit): Unreadable | null {
    const { folder, prefix } = visit;
    const names = listNames(folder);
    if (!Array.isArray(names)) return names;
    const known = this.#size;
    for (const entry of names) {
      const faulty = this.#visitEntry(`${folder}/${entry}`, prefix + entry, visit);
      if (faulty !== null) return faulty;
    }
    const isEmpty = names.length === 0 || this.#filter.keepsEmptied === true;
    // The folder itself is told by the kind of the content.
    if (isEmpty && this.#size === known && prefix !== '') this.#folders.add(prefix.slice(0, -1));
    return null;
  }

  #visitEntry(path: string, name: string, { base, above }: Visit): Unreadable | null {
    // A lock of an editor is a link to nothing: what does not count is not looked at.
    if (this.#filter.skips(name, false)) return null;
    const own = lookAtEntry(path);
    // It has gone since the folder was listed, or the folder may be listed but not entered.
    if (own === null || 'kind' in own) return own;
    const isLink = own.isSymbolicLink();
    const stats = isLink ? look(path) : own;
    if (isLink) {
      const target = readTarget(path);
      const missing = stats === null ? unreadable(path, 'a link to nothing') : stats;
      if (staysInside(name.slice(base.length), target)) {
        // Where it leads to a folder, its name may be one that does not count.
        if (!('kind' in missing) && missing.isDirectory() && this.#filter.skips(name, true)) {
          return null;
        }
        this.#links.set(name, target);
        if ('kind' in missing) this.#dangling ??= missing;
        else if (missing.isDirectory() && above.includes(identify(missing))) {
          this.#dangling ??= unreadable(path, 'a link in a circle');
        }
        return null;
      }
      if ('kind' in missing) return missing;
    }
    if (stats === null || 'kind' in stats) return stats;
    if (stats.isDirectory()) {
      if (this.#filter.skips(name, true)) return null;
      const identity = identify(stats);
      if (above.includes(identity)) return unreadable(path, 'a link in a circle');
      const prefix = `${name}/`;
      const below = [...above, identity];
      return this.#visit({ folder: path, prefix, base: isLink ? prefix : base, above: below });
    }
    const content = readFileContent(path, stats, this.#digestFile);
    if (content.kind === 'unreadable') return content;
    if (content.kind === 'none') return null;
    const { kind, digest, size } = content;
    this.#files.set(name, { digest, size, executable: kind === 'executable' });
    return null;
  }

  get #size(): number {
    return this.#files.size + this.#links.size + this.#folders.size;
  }
}

function lookAtEntry(path: string): Stats | Unreadable | null {
  try {
    return lstatSync(nativePath(path), { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    return wordError(path, error);
  }
}

function identify({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function listNames(folder: string): string[] | Unreadable {
  try {
    return readNames(folder);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return [];
    return wordError(folder, error);
  }
}
