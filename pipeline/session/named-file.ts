/** A file that an argument names → its path, and where it is in the workspace. */

import { existsSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isSystemError } from '../system/errors.ts';

/**
 * The absolute path of a file that an argument names: from here, or, where nothing is there, from the
 * folder of `--directory`, as with git and make.
 */
export function resolveArgument(path: string, directory: string | undefined): string {
  const here = resolve(path);
  return directory === undefined || existsSync(here) ? here : resolve(directory, path);
}

/**
 * A file's path from the workspace, whatever links lead to that; null where it is not in it.
 *
 * @param path absolute; it need not exist
 */
export function nameInWorkspace(path: string, workspace: string): string | null {
  const root = realpathSync(workspace);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (folder === workspace || realPathOf(folder) === root) return relative(folder, path);
    if (folder === dirname(folder)) return null;
  }
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  }
}
