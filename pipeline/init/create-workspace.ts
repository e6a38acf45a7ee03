/** `pipeline init`: an empty folder → a small workspace that runs. */

import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isErrorCode } from '../system/errors.ts';

/** Names of files that would act on this program's own tree, were they called so there. */
const STORED_NAMES = { _gitignore: '.gitignore', '_package.json': 'package.json' } as const;

/**
 * Fills an empty folder, which is made where it does not exist, with a small pipeline that runs.
 *
 * @param program the folder of this program's package, which the workspace will depend on
 * @throws a system error where the folder cannot be made or written
 */
export function createWorkspace(folder: string, program: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(program, 'init', 'workspace'), folder, { recursive: true });
  for (const [stored, name] of Object.entries(STORED_NAMES)) {
    renameSync(join(folder, stored), join(folder, name));
  }
  addDependency(join(folder, 'package.json'), relative(folder, program));
}

/**
 * Whether nothing stands at a path, or a folder without content.
 *
 * @throws a system error where it may not be read
 */
export function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return true;
    if (isErrorCode(error, 'ENOTDIR')) return false;
    throw error;
  }
}

/** Makes a package depend on this program, by the way to its folder. */
function addDependency(path: string, program: string): void {
  const description = JSON.parse(readFileSync(path, 'utf8')) as object;
  const dependencies = { rederive: `file:${program.split(sep).join('/')}` };
  writeFileSync(path, `${JSON.stringify({ ...description, dependencies }, null, 2)}\n`);
}
