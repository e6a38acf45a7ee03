/** First step of keeping an output: what a stage wrote → files that nothing else can change. */

import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { staysInside } from '../fingerprint/inner-links.ts';
import { isExecutable, nameKind } from '../fingerprint/path-content.ts';
import { nativePath, readNames, readTarget, showName } from '../system/byte-names.ts';
import { isErrorCode } from '../system/errors.ts';
import { setMode } from '../system/kept-modes.ts';
import { makeNonce } from '../system/nonce.ts';
import { type ModeEntry, ROOT } from './modes.ts';

/** A file or folder of an output, ready to be taken. */
export interface PreparedEntry extends ModeEntry {
  /** Who could read it where it stood, the folders above included; 0444 at most. */
  readonly readers: number;
}

/** An output's entries by path, the output itself as {@link ROOT}; or what is wrong with it. */
export type PreparedOutput =
  | { readonly ok: true; readonly entries: ReadonlyMap<string, PreparedEntry> }
  | { readonly ok: false; readonly fault: string };

const READ = 0o444;
const OWNER_READS = 0o400;
const OWNER_ENTERS = 0o500;
const OWNER_WRITES = 0o200;
/** So many characters of a path are shown that is too long for the system. */
const MOST_SHOWN = 80;

/**
 * Makes what a stage wrote ready to be taken, where it stands: files are its own (one with a name
 * elsewhere, a hard link, or that is open somewhere becomes a copy), links that stay inside are relative,
 * folders can be emptied. Notes the rights that all of it had.
 *
 * @param path where the output stands; nothing may stand there
 * @param open files that some process has open, by real paths; null where any may be
 * @throws a system error where the disk is full or broken; what is the output's fault is returned
 */
export function prepareOutput(
  path: string,
  open: ReadonlySet<string> | null = new Set(),
): PreparedOutput {
  const output = new Preparation(path, open);
  try {
    const fault = output.visit(path, '', READ);
    if (fault !== null) return { ok: false, fault };
    output.detach();
    return { ok: true, entries: output.entries };
  } catch (error) {
    // What is full or broken is not the output's fault.
    if (!isErrorCode(error, 'ENAMETOOLONG', 'EACCES', 'EPERM')) throw error;
    return { ok: false, fault: `cannot be kept: ${wordError(error, path)}` };
  }
}

/** A system error, with the path from the output, of which the end may be left out. */
function wordError(error: unknown, output: string): string {
  const { code, path = '' } = error as NodeJS.ErrnoException;
  const inner = showName(relative(output, path));
  const shown = inner.length > MOST_SHOWN ? `${inner.slice(0, MOST_SHOWN)}…` : inner;
  return `${code === 'ENAMETOOLONG' ? 'a path in it is too long' : code} (${shown})`;
}

class Preparation {
  readonly entries = new Map<string, PreparedEntry>();
  readonly #root: string;
  readonly #open: ReadonlySet<string> | null;
  readonly #held: string[] = [];
  #realRoot: string | undefined;
  readonly #linked = new Map<string, { readonly names: number; readonly paths: string[] }>();

  constructor(root: string, open: ReadonlySet<string> | null) {
    this.#root = root;
    this.#open = open;
  }

  /** @returns what cannot be kept, in words; null where all can be */
  visit(path: string, name: string, readers: number): string | null {
    const stats = lstatSync(nativePath(path), { throwIfNoEntry: false });
    if (stats === undefined) return null;
    const at = name === '' ? '' : ` at ${showName(name)}`;
    if (stats.isSymbolicLink()) return this.#keepLink(path, name, at);
    if (stats.isDirectory()) return this.#visitFolder(path, name, stats, readers, at);
    if (!stats.isFile()) {
      return `holds ${nameKind(stats)}${at}; only files, folders and links inside it can be kept`;
    }
    if ((stats.mode & OWNER_READS) === 0) return wordUnreadable('a file', at, stats);
    if (stats.nlink > 1) this.#note(path, stats);
    if (this.#isOpen(path)) this.#held.push(path);
    const { mode } = stats;
    this.entries.set(name || ROOT, {
      mode,
      executable: isExecutable(stats),
      readers: mode & readers,
    });
    return null;
  }

  #visitFolder(
    path: string,
    name: string,
    { mode }: Stats,
    above: number,
    at: string,
  ): string | null {
    if ((mode & OWNER_ENTERS) !== OWNER_ENTERS) {
      return wordUnreadable('a folder', at, { mode });
    }
    if ((mode & OWNER_WRITES) === 0) setMode(nativePath(path), mode | OWNER_WRITES);
    // Whom a folder does not let in cannot read what is in it.
    const readers = above & (OWNER_READS | ((mode & 0o011) << 2));
    this.entries.set(name || ROOT, { mode, executable: true, readers: mode & above });
    for (const entry of readNames(path)) {
      const fault = this.visit(
        `${path}/${entry}`,
        name === '' ? entry : `${name}/${entry}`,
        readers,
      );
      if (fault !== null) return fault;
    }
    return null;
  }

  /** Leaves a link that stays inside, writes one anew that does so by another way. */
  #keepLink(path: string, name: string, at: string): string | null {
    const target = readTarget(path);
    if (name !== '' && staysInside(name, target)) return null;
    const inside = name === '' ? null : this.#findInside(path, target);
    if (inside === null) {
      const link = name === '' ? 'is a link' : 'holds a link';
      const remedy = isInEnvironment(path)
        ? 'a Python environment works only where it was made: install packages with pip install --target into an output, or make the environment beforehand and declare its requirements.txt as an input'
        : 'only links that stay inside can be kept: copy what it leads to, or link to what is in the output';
      return `${link} that leaves it${at}: → ${showName(target)}; ${remedy}`;
    }
    unlinkSync(nativePath(path));
    symlinkSync(nativePath(inside), nativePath(path));
    return null;
  }

  /** A link's target as a relative one; null where it leaves the output. */
  #findInside(path: string, target: string): string | null {
    const folder = dirname(path);
    const lexical = resolve(folder, target);
    const roots = [this.#root, realpathSync(nativePath(this.#root))];
    for (const root of roots) {
      const inner = relative(root, lexical);
      if (inner.startsWith('..') || isAbsolute(inner)) continue;
      const way = relative(folder, resolve(this.#root, inner)) || '.';
      if (isSamePlace(path, resolve(folder, way))) return way;
    }
    return null;
  }

  #isOpen(path: string): boolean {
    if (this.#open === null) return true;
    if (this.#open.size === 0) return false;
    this.#realRoot ??= realpathSync(this.#root);
    return this.#open.has(this.#realRoot + path.slice(this.#root.length));
  }

  #note(path: string, { dev, ino, nlink }: Stats): void {
    const key = `${dev}:${ino}`;
    const known = this.#linked.get(key) ?? { names: nlink, paths: [] };
    known.paths.push(path);
    this.#linked.set(key, known);
  }

  /** Who writes to a file by a name that is elsewhere, or has it open, would change the store. */
  detach(): void {
    for (const path of this.#held) replaceByCopy(path);
    for (const { names, paths } of this.#linked.values()) {
      if (paths.length === names) continue;
      for (const path of paths) replaceByCopy(path);
    }
  }
}

/** Whether a link is one of those in a Python environment to the Python that made it. */
function isInEnvironment(path: string): boolean {
  return existsSync(nativePath(join(dirname(dirname(path)), 'pyvenv.cfg')));
}

function replaceByCopy(path: string): void {
  const copy = `${dirname(path)}/${makeNonce()}`;
  copyFileSync(nativePath(path), nativePath(copy), constants.COPYFILE_FICLONE);
  renameSync(nativePath(copy), nativePath(path));
}

function wordUnreadable(what: string, at: string, { mode }: Pick<Stats, 'mode'>): string {
  const rights = (mode & 0o777).toString(8).padStart(3, '0');
  return `holds ${what}${at} that its owner may not read (mode ${rights}), so that it cannot be kept`;
}

/** Whether two paths lead to the same thing, or both to nothing. */
function isSamePlace(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => {
    try {
      return statSync(nativePath(path), { throwIfNoEntry: false });
    } catch {
      // A link in a circle leads to nothing.
      return undefined;
    }
  });
  return one?.dev === other?.dev && one?.ino === other?.ino;
}
