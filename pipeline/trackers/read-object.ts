/** Objects of the cache, which garbage collection may have taken since they were named. */

import { readFileSync } from 'node:fs';
import { isErrorCode } from '../system/errors.ts';

/** The bytes of a file; null where there is none. */
export function readObject(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}
