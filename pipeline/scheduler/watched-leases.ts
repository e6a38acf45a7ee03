/** Running, its leases: who does what, with a memory of how long others have been silent. */

import type { Digest } from '../fingerprint/canonical.ts';
import { holdLease } from '../lease/hold-lease.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import type { Lease, Leases, PathReader } from '../lease/leases.ts';
import { PulseReader } from '../lease/pulse-reader.ts';
import type { WorkLeases } from './run-services.ts';

/** The leases of a workspace as one run sees them. */
export class WatchedLeases implements WorkLeases {
  readonly #leases: Leases;
  /** Kept beyond a wait: who has been silent is not given all its time again. */
  readonly #pulses = new Map<Digest, PulseReader>();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  take(work: Digest, reads: readonly string[]): Lease | { readonly heldBy: LeaseHolder | null } {
    const taken = this.#leases.tryAcquire(work, this.#pulseOf(work), reads);
    return 'heldBy' in taken ? { heldBy: taken.heldBy.holder } : taken;
  }

  holderOf(work: Digest): LeaseHolder | null {
    return this.#leases.look(work)?.holder ?? null;
  }

  isFree(work: Digest): boolean {
    const sighting = this.#leases.look(work);
    return sighting === null || this.#leases.isFree(sighting, this.#pulseOf(work));
  }

  /** Another process's work that reads a path now. @param path from the workspace */
  findReader(path: string): PathReader | null {
    return this.#leases.findReader(path, this.#pulseOf);
  }

  /** Whether other processes may have leases, by one quick look. */
  hasOthers(): boolean {
    return this.#leases.hasOthers();
  }

  /** Whether somebody has the lease of some work, or may have. */
  isTaken(work: Digest): boolean {
    return this.#leases.look(work) !== null;
  }

  /** Does something short under a lease, waiting for whoever has it. */
  hold<T>(work: Digest, action: () => T): Promise<T> {
    return holdLease(this.#leases, work, action);
  }

  readonly #pulseOf = (work: Digest): PulseReader => {
    const pulse = this.#pulses.get(work) ?? new PulseReader();
    this.#pulses.set(work, pulse);
    return pulse;
  };
}
