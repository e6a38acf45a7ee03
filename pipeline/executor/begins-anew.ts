/** Whether an attempt has all of its work before it. */

import { readdirSync } from 'node:fs';
import type { JobFile } from '../contract/stage.ts';
import { isSystemError } from '../system/errors.ts';

/**
 * Whether nothing is there that a stage could go on from, before it starts: no shorter result, and nothing in
 * its scratch folder. Only then is the time that it takes that of all its work.
 */
export function beginsAnew({ previous, scratch }: Pick<JobFile, 'previous' | 'scratch'>): boolean {
  if (previous !== null) return false;
  try {
    return readdirSync(scratch).length === 0;
  } catch (error) {
    // There is none, or nobody may look, and then neither may the stage.
    if (isSystemError(error)) return true;
    throw error;
  }
}
