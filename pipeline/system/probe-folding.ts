/** What a disk takes for the same name, found by asking it. */

import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from './errors.ts';
import { makeNonce } from './nonce.ts';

/** A character in the form of one code point; two in the other. */
const COMPOSED = '\u00e9';

/**
 * Whether names that differ in case, or in the normal form of Unicode, lead to one file.
 *
 * @param file the name of a file that is in the folder, with letters
 * @param scratch a folder of this process on the same disk, in which a file may be made; without one, a disk
 * that folds case is taken to fold forms too, as those of macOS do
 */
export function probeFolding(
  folder: string,
  file: string,
  scratch: string | null,
): { readonly case: boolean; readonly form: boolean } {
  const foldsCase = isSame(join(folder, file), join(folder, swapCase(file)));
  return { case: foldsCase, form: (scratch === null ? null : foldsForms(scratch)) ?? foldsCase };
}

function swapCase(name: string): string {
  return name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
}

/** Null where no file could be made. */
function foldsForms(scratch: string): boolean | null {
  const path = join(scratch, `${makeNonce()}-${COMPOSED}`);
  try {
    mkdirSync(scratch, { recursive: true });
    writeFileSync(path, '');
    return isSame(path, path.normalize('NFD'));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  } finally {
    rmSync(path, { force: true });
  }
}

function isSame(path: string, other: string): boolean {
  const [one, two] = [path, other].map((each) => statSync(each, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === two?.ino && one.dev === two.dev;
}
