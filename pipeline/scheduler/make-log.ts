/** The file that an attempt's output goes to. */

import { writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isSystemError } from '../system/errors.ts';
import { inFolder } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import type { NodeLog } from './outcomes.ts';

/**
 * Makes an empty log for an attempt. Where it cannot be in the folder of its run (a full disk, no
 * permission), it is with what is temporary, for as long as the process lives.
 *
 * @param path where it belongs
 */
export function makeLog(path: string, layout: StateLayout): NodeLog {
  const elsewhere = join(layout.temporary, `${makeNonce()}.log`);
  const chosen = canWrite(path) ? path : elsewhere;
  return { path: chosen, name: relative(layout.workspace, chosen) };
}

function canWrite(path: string): boolean {
  try {
    inFolder(dirname(path), () => writeFileSync(path, ''));
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}
