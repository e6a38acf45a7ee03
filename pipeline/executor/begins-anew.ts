/** Whether an attempt has all of its work before it. */

import { readdirSync } from 'node:fs';
import type { JobFile } from '../contract/stage.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';

/**
 * Whether nothing is there that a stage could go on from, before it starts: no shorter result, and nothing in
 * its scratch folder. Only then is the time that it takes that of all its work.
 */
export function beginsAnew({ previous, scratch }: Pick<JobFile, 'previous' | 'scratch'>): boolean {
  if (previous !== null) return false;
  try {
    return readdirSync(scratch).length === 0;
  } catch (error) {
    // A disk that does not answer now may show the stage a checkpoint.
    if (isSystemError(error)) return isErrorCode(error, 'ENOENT');
    throw error;
  }
}
