/** `init`, acting: a folder's name → a small workspace in it. */

import { resolve } from 'node:path';
import { createWorkspace, isEmptyFolder } from '../init/create-workspace.ts';
import { badArgument } from './mistakes.ts';
import type { Program } from './program.ts';

/**
 * Makes a small workspace that runs.
 *
 * @param folder as it was typed
 * @throws {UserMistakes} where something is in the folder already
 */
export function initWorkspace(folder: string, { root }: Pick<Program, 'root'>): void {
  if (!isEmptyFolder(resolve(folder))) {
    throw badArgument(`init ${folder}`, `${folder} is not an empty folder`, {
      expected: 'an empty folder, or one that does not exist yet',
      hint: 'name another one',
    });
  }
  createWorkspace(resolve(folder), root);
}
