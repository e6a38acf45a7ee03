/** Giving memory back to the system, before processes are started. */

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** In bytes. What less costs is less than what collecting it takes. */
const WORTH_COLLECTING = 64e6;

/**
 * Collects garbage at once where there may be much, and gives its memory back. Starting a process copies
 * the tables of all memory that this one has, a millisecond for some 300 MB, and V8 would keep what
 * is garbage for as long as the system has memory left.
 */
export function releaseMemory(): void {
  if (getHeapStatistics().used_heap_size < WORTH_COLLECTING) return;
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect !== 'function') return;
  collect();
  // The first time moves what is left on pages that are nearly empty; only then do all of them go.
  collect();
}
