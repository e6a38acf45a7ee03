/** `init`, acting: a folder's name → a small workspace in it. */

import { join, resolve } from 'node:path';
import { createWorkspace, listInTheWay } from '../init/create-workspace.ts';
import { folderToInstall } from '../init/how-to-install.ts';
import type { TemplateName } from '../init/templates.ts';
import { isErrorCode } from '../system/errors.ts';
import { badArgument } from './mistakes.ts';
import type { Program } from './program.ts';

/**
 * Makes a small workspace that runs.
 *
 * @param folder as it was typed
 * @returns the folder that `npm install` must be given beside; null where it needs none
 * @throws {UserMistakes} where something is in the folder already
 */
export function initWorkspace(
  folder: string,
  template: TemplateName,
  program: Pick<Program, 'root' | 'version'>,
): string | null {
  const path = resolve(folder);
  const [first] = findInTheWay(folder, path);
  if (first !== undefined) {
    throw badArgument(`init ${folder}`, `${folder} is not an empty folder: it has ${first}`, {
      expected:
        'an empty folder, or one that does not exist yet; what npm and Git put there may stay',
      hint: 'name another one',
    });
  }
  createWorkspace(path, template, program);
  const isThere = program.root === join(path, 'node_modules', 'rederive');
  return isThere ? null : folderToInstall(program.root);
}

function findInTheWay(folder: string, path: string): readonly string[] {
  try {
    return listInTheWay(path);
  } catch (error) {
    if (!isErrorCode(error, 'ENOTDIR')) throw error;
    throw badArgument(`init ${folder}`, `${folder} is a file`, {
      expected: 'an empty folder, or one that does not exist yet',
      hint: 'name another one',
    });
  }
}
