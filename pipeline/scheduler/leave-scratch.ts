/** Running, an attempt's end: what is left when it is over. */

import { existsSync } from 'node:fs';
import type { Lease } from '../lease/leases.ts';
import { isSystemError } from '../system/errors.ts';
import { removeEmptyFolder } from '../system/remove-path.ts';

/** Gives up the right to some work, and its scratch folder where that is empty. */
export function leaveScratch(scratch: string, lease: Lease): void {
  try {
    // Few have one. The next holder may be at work in it already.
    if (existsSync(scratch) && lease.isHeld()) removeEmptyFolder(scratch);
  } catch (error) {
    // An empty folder stays, for garbage collection.
    if (!isSystemError(error)) throw error;
  } finally {
    lease.release();
  }
}
