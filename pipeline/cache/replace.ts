/**
 * Last step of restoring: one thing at a path gives way to another, with nothing of the user's
 * lost.
 */

import {
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { nativePath, readNames } from '../system/byte-names.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { inFolder } from '../system/files.ts';
import { isUnfinished, movePath, nameUnfinished } from '../system/move-path.ts';
import { removeTemporary } from '../system/remove-path.ts';
import {
  type KeepPlaces,
  moveAside,
  moveForeignAside,
  removeEmptyAround,
  removeEmptyFolders,
  removeKnown,
  removeKnownFiles,
} from './keep-aside.ts';
import type { KnownFile, StandingThing } from './standing.ts';

/** What is put where. */
export interface Replacement {
  /** A file or folder of the engine's own, which goes to the place. */
  readonly from: string;
  /** Absolute, without links. */
  readonly to: string;
  /** The place from the workspace: what it is called where something is kept. */
  readonly name: string;
  /** How often another process may put something at the place meanwhile. */
  readonly attempts?: number;
}

/** Why something cannot be put at a place, in words for the user, who has to change that. */
export class PlaceMistake extends Error {}

const ATTEMPTS = 10;

/**
 * Puts a file or folder at a place. What stands there and is not known is moved to where it is kept;
 * what the cache holds too goes. A file takes the place of a known file in one step.
 *
 * @param look whose it is that stands at the place, at this moment
 * @returns where the user's things are now; null where there were none
 * @throws {@link PlaceMistake} where the user has to change something first; a system error that
 * says where the user's things are, if they were moved already
 */
export function replaceAt(
  { from, to, name, attempts = ATTEMPTS }: Replacement,
  look: () => StandingThing | null,
  keep: KeepPlaces,
): string | null {
  for (let attempt = 1; ; attempt++) {
    try {
      return replaceOnce(from, to, name, look(), keep);
    } catch (error) {
      const raced = isErrorCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR');
      if (!raced || attempt === attempts) throw error;
    }
  }
}

function replaceOnce(
  from: string,
  to: string,
  name: string,
  standing: StandingThing | null,
  keep: KeepPlaces,
): string | null {
  if (standing === null) {
    inFolder(dirname(to), () => movePath(from, to));
    return null;
  }
  const isFolder = lstatSync(from).isDirectory();
  const wasFolder = lstatSync(to).isDirectory();
  if (!isFolder && !wasFolder && standing.foreign.length === 0) {
    try {
      movePath(from, to);
    } catch (error) {
      if (!isErrorCode(error, 'EBUSY')) throw error;
      fillFile(from, to);
    }
    return null;
  }
  const moved = moveAside(to, name, keep);
  if (moved === null) {
    if (isFolder !== wasFolder) {
      const [stands, comes] = wasFolder ? ['folder', 'file'] : ['file', 'folder'];
      throw new PlaceMistake(`a ${stands} that cannot be moved is in the place of this ${comes}`);
    }
    const keepForeign = () =>
      standing.foreign.length === 0 ? null : moveForeignAside(to, name, standing, keep);
    return isFolder
      ? fillFolder(from, to, standing.known, keepForeign)
      : tellingOf(keepForeign(), () => fillFile(from, to));
  }
  try {
    movePath(from, to);
  } catch (error) {
    // Whatever stood there is better than nothing.
    if (!existsSync(to)) renameSync(moved, to);
    else if (removeKnown(moved, standing.known)) throw tellOf(moved, error);
    removeEmptyAround(moved, keep.folder);
    throw error;
  }
  // Without the rest of it, nobody finds what was added to a repository.
  if (standing.foreign.some(isInRepository)) return moved;
  if (removeKnown(moved, standing.known)) return moved;
  removeEmptyAround(moved, keep.folder);
  return null;
}

/** Does what may fail once the user's things are elsewhere, and says then where. @returns where */
function tellingOf(kept: string | null, change: () => void): string | null {
  try {
    change();
    return kept;
  } catch (error) {
    throw kept === null ? error : tellOf(kept, error);
  }
}

function tellOf(kept: string, error: unknown): unknown {
  if (!isSystemError(error) && !(error instanceof PlaceMistake)) return error;
  return new PlaceMistake(`${error.message}; what was there is kept in ${kept}`, { cause: error });
}

function isInRepository(name: string): boolean {
  return name.split('/').includes('.git');
}

/**
 * Fills a folder that cannot be replaced, such as a mount. The new content is put together in there, so
 * that what a crash leaves is known by its name, and before anything of the user's is touched: the disk may
 * be full.
 *
 * @param keepForeign takes the user's things out of it
 * @returns where they are now; null where there were none
 */
function fillFolder(
  from: string,
  to: string,
  known: readonly KnownFile[],
  keepForeign: () => string | null,
): string | null {
  for (const entry of readNames(to)) {
    if (isUnfinished(entry)) removeTemporary(join(to, entry));
  }
  const inside = nameUnfinished(join(to, 'content'));
  movePath(from, inside);
  let kept: string | null;
  try {
    kept = keepForeign();
  } catch (error) {
    // It may be tried once more.
    movePath(inside, from);
    throw error;
  }
  return tellingOf(kept, () => {
    removeKnownFiles(to, known);
    for (const entry of readNames(to)) {
      if (!isUnfinished(entry)) removeEmptyFolders(join(to, entry));
    }
    for (const entry of readNames(inside)) {
      renameSync(nativePath(`${inside}/${entry}`), nativePath(`${to}/${entry}`));
    }
    rmdirSync(inside);
  });
}

const PIECE = 1 << 20;

/** Writes into a file that cannot be replaced, such as a mount. */
function fillFile(from: string, to: string): void {
  if (lstatSync(to).nlink > 1) {
    throw new PlaceMistake(`what is there has other names too (hard links), which would change`);
  }
  const source = openSync(from, 'r');
  const target = openSync(to, 'r+');
  try {
    ftruncateSync(target);
    const buffer = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const count = readSync(source, buffer, 0, PIECE, null);
      if (count === 0) break;
      for (let done = 0; done < count; ) done += writeSync(target, buffer, done, count - done);
    }
  } finally {
    closeSync(source);
    closeSync(target);
  }
  removeTemporary(from);
}
