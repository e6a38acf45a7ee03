/** A lease around something short: taken, or waited for, and given back. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../fingerprint/canonical.ts';
import type { Leases } from './leases.ts';
import { PulseReader } from './pulse-reader.ts';

const RETRY_MS = 25;

/** Does something short under a lease, waiting for whoever has it. */
export async function holdLease<T>(leases: Leases, key: Digest, action: () => T): Promise<T> {
  const watch = new PulseReader();
  for (;;) {
    const taken = leases.tryAcquire(key, watch);
    if ('heldBy' in taken) {
      await sleep(RETRY_MS);
      continue;
    }
    try {
      return action();
    } finally {
      taken.release();
    }
  }
}
