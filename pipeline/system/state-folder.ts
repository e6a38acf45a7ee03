/**
 * The door of `.pipeline/`: made for who writes, checked before a run begins, never made by who
 * only looks.
 */

import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isErrorCode, isSystemError } from './errors.ts';
import type { StateLayout } from './layout.ts';

/** Which folder cannot be used and why, in words; null where all can. */
export type Refusal = string | null;

/**
 * Makes the folder of the engine's own things, which no version control is to take for the user's.
 *
 * @throws a system error where it cannot be made
 */
export function makeStateFolder({ stateFolder }: StateLayout): void {
  if (existsSync(stateFolder)) return;
  mkdirSync(findMissingTarget(stateFolder) ?? stateFolder, { recursive: true });
  try {
    writeFileSync(join(stateFolder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    // Another process was faster.
    if (!isErrorCode(error, 'EEXIST')) throw error;
  }
}

/** Where a link leads to at which there is nothing yet; null where there is no such link. */
function findMissingTarget(path: string): string | null {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && !existsSync(path) ? resolve(dirname(path), readlinkSync(path)) : null;
}

/** Whether a run could keep its results. Makes nothing. */
export function checkWriting(layout: StateLayout): Refusal {
  const missing = findMissingTarget(layout.stateFolder);
  if (missing !== null && !existsSync(dirname(missing))) {
    const what = `${layout.stateFolder} is a link to ${missing}, whose folder does not exist`;
    return `${what}; make it, or mount the disk that it is on`;
  }
  const { stateFolder, objectRoot, resultRoot, runRoot, memoRoot, temporaryRoot } = layout;
  const made = [stateFolder, objectRoot, resultRoot, runRoot, memoRoot, temporaryRoot];
  const folders = existsSync(stateFolder) ? made : [dirname(stateFolder)];
  return firstRefusal(folders, constants.W_OK | constants.X_OK, 'written');
}

/** Whether what earlier runs left can be looked at. */
export function checkReading({ stateFolder }: StateLayout): Refusal {
  return firstRefusal([stateFolder], constants.R_OK | constants.X_OK, 'read');
}

/** The first of some folders that may not be used so; one that does not exist refuses nothing. */
function firstRefusal(folders: readonly string[], mode: number, verb: string): Refusal {
  for (const folder of folders) {
    try {
      if (!statSync(folder).isDirectory()) return `${folder} is no folder`;
      accessSync(folder, mode);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (!isErrorCode(error, 'ENOENT')) return refuse(folder, error, verb);
    }
  }
  return null;
}

function refuse(folder: string, error: NodeJS.ErrnoException, verb: string): string {
  const { uid } = statSync(folder, { throwIfNoEntry: false }) ?? {};
  const isForeign = uid !== undefined && uid !== process.geteuid?.();
  const why = isErrorCode(error, 'EROFS')
    ? 'its file system is read-only'
    : isErrorCode(error, 'EACCES', 'EPERM')
      ? `permission denied${isForeign ? `; it belongs to user ${uid}` : ''}`
      : error.message;
  return `${folder} cannot be ${verb}: ${why}`;
}
