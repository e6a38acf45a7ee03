/** The file that an attempt's output goes to. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isSystemError } from '../system/errors.ts';
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
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}
