/**
 * Who runs what, across processes and hosts: taking a lease, waiting for one, taking over from the
 * dead.
 */

import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { inFolder } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import { isGone, isWatchable, type ProcessIdentity } from '../system/process-identity.ts';
import { removeEmptyFolder, removePath } from '../system/remove-path.ts';
import type { Heart } from './heart.ts';
import { holdsNonce, type LeaseHolder, linkOrWrite, readHolder } from './lease-file.ts';
import { type Pulse, PulseReader } from './pulse-reader.ts';
import { coverPlaces, touchesPlace } from './read-places.ts';

/** A lease that is there. The holder is null where its file is not, or not yet, readable. */
export interface Sighting extends Pulse {
  readonly holder: LeaseHolder | null;
}

/** Whose work reads a place. */
export interface PathReader {
  readonly work: Digest;
  readonly holder: LeaseHolder;
}

/** A lease of this process. */
export interface Lease {
  /** Aborted when another process has taken it over. */
  readonly lost: AbortSignal;
  /** Whether it is still ours; asked before anything is published under it. */
  readonly isHeld: () => boolean;
  readonly release: () => void;
}

/** What {@link Leases} needs beside the folder. */
export interface LeaseTools {
  readonly self: ProcessIdentity;
  readonly heart: Heart;
  readonly leaseMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonicNow: () => number;
}

/**
 * Who does what, across processes and hosts. A lease is a folder named after the work with a file
 * named after its generation, which only one process can create: the fencing token. The holder
 * touches the file; a process that finds the holder dead or silent takes over by creating the next
 * generation. Nobody waits here: readers never, and those who want the work come again.
 */
export class Leases {
  readonly #layout: StateLayout;
  readonly #tools: LeaseTools;
  readonly #own = new Set<Digest>();

  constructor(layout: StateLayout, tools: LeaseTools) {
    this.#layout = layout;
    this.#tools = tools;
  }

  /**
   * Takes the lease of some work if it is free, or if its holder is gone.
   *
   * @param watch remembers, between calls, how long the holder has been silent
   * @param reads places that stay as they are while it is held, from the workspace
   * @returns the lease; else what is there of another process's
   * @throws a system error where the folder of leases cannot be read or written
   */
  tryAcquire(
    key: Digest,
    watch: PulseReader,
    reads: readonly string[] = [],
  ): Lease | { readonly heldBy: Sighting } {
    for (;;) {
      const sighting = this.look(key);
      if (sighting !== null && !this.isFree(sighting, watch)) return { heldBy: sighting };
      const lease = this.#create(key, (sighting?.generation ?? 0) + 1, reads);
      if (lease !== null) return lease;
    }
  }

  /** What is there of a lease; null where the work is nobody's. */
  look(key: Digest): Sighting | null {
    const folder = this.#layout.leaseFolder(key);
    // Most work is nobody's, and an error takes longer to make than this look.
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) return null;
    const generation = highestOf(this.#listGenerations(key));
    if (generation === 0) return null;
    const path = this.#layout.lease(key, generation);
    try {
      return { generation, beat: statSync(path).mtimeMs, holder: readHolder(path) };
    } catch (error) {
      // Released meanwhile.
      if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return null;
      throw error;
    }
  }

  /** Who runs some work now, as far as can be told at one look; null where nobody does. */
  isRunningElsewhere(key: Digest): LeaseHolder | null {
    const holder = this.look(key)?.holder ?? null;
    return holder === null || isGone(holder, this.#tools.self) ? null : holder;
  }

  /** Whether other processes may have leases, by one quick look. */
  hasOthers(): boolean {
    return this.#listKeys().some((key) => !this.#own.has(key));
  }

  /**
   * Another process's work that reads a place now.
   *
   * @param path from the workspace
   * @param watchOf see {@link tryAcquire}
   */
  findReader(path: string, watchOf: (work: Digest) => PulseReader): PathReader | null {
    for (const work of this.#listKeys()) {
      if (this.#own.has(work)) continue;
      const sighting = this.look(work);
      const holder = sighting?.holder ?? null;
      if (sighting === null || holder === null || !touchesPlace(path, holder.reads)) continue;
      if (!this.isFree(sighting, watchOf(work))) return { work, holder };
    }
    return null;
  }

  /**
   * Every lease whose holder may be alive.
   *
   * @throws a system error where the folder of leases cannot be read
   */
  listHolders(): LeaseHolder[] {
    return this.#listKeys().flatMap((key) => this.isRunningElsewhere(key) ?? []);
  }

  /** Removes the leases of processes that are gone for certain. */
  removeOrphans(): void {
    for (const key of this.#listKeys()) {
      try {
        const taken = this.tryAcquire(key, new PulseReader());
        if (!('heldBy' in taken)) taken.release();
      } catch (error) {
        // It is another user's: it holds nobody up, as it is free.
        if (!isSystemError(error)) throw error;
      }
    }
  }

  #listKeys(): Digest[] {
    try {
      return readdirSync(this.#layout.leaseRoot).filter(isDigest);
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** Whether a lease may be taken over: its holder is dead, or has been silent for too long. */
  isFree(sighting: Sighting, watch: PulseReader): boolean {
    const { self, leaseMs, monotonicNow } = this.#tools;
    const { holder } = sighting;
    if (holder !== null && isGone(holder, self)) return true;
    const isSilent = watch.isSilent(sighting, holder?.leaseMs ?? leaseMs, monotonicNow());
    // One that is stopped (Ctrl-Z) on this host is silent, but goes on some time.
    return isSilent && !(holder !== null && isWatchable(holder, self));
  }

  /** @returns null where another process was faster */
  #create(key: Digest, generation: number, reads: readonly string[]): Lease | null {
    const nonce = makeNonce();
    const { self, leaseMs, heart } = this.#tools;
    const since = new Date().toISOString();
    const holder: LeaseHolder = { ...self, nonce, leaseMs, since, reads: coverPlaces(reads) };
    const path = this.#layout.lease(key, generation);
    if (!this.#createFile(path, `${JSON.stringify(holder)}\n`)) return null;
    const isOurs = (generations: readonly number[]): boolean =>
      highestOf(generations) === generation && holdsNonce(path, nonce);
    const isHeld = () => isOurs(this.#listGenerations(key));
    const generations = this.#listGenerations(key);
    // Two that saw different generations may both have created one: the higher is right.
    if (!isOurs(generations)) {
      removePath(path);
      return null;
    }
    for (const older of generations) {
      if (older < generation) removePath(this.#layout.lease(key, older));
    }
    this.#own.add(key);
    const lost = new AbortController();
    heart.start(path, nonce, () => lost.abort());
    return {
      lost: lost.signal,
      isHeld,
      release: () => {
        this.#own.delete(key);
        heart.stop(path);
        try {
          if (isHeld()) removePath(path);
          removeEmptyFolder(dirname(path));
        } catch (error) {
          // It is free all the same when this process is gone.
          if (!isSystemError(error)) throw error;
        }
      },
    };
  }

  /** Creates a file with its whole content, unless it exists. */
  #createFile(path: string, content: string): boolean {
    const aside = join(this.#layout.temporary, `${makeNonce()}.lease`);
    try {
      inFolder(this.#layout.temporary, () => writeFileSync(aside, content));
      for (let attempt = 1; ; attempt++) {
        mkdirSync(dirname(path), { recursive: true });
        try {
          linkOrWrite(aside, path, content);
          return true;
        } catch (error) {
          if (isErrorCode(error, 'EEXIST')) return false;
          // The folder went with the lease before.
          if (!isErrorCode(error, 'ENOENT') || attempt === CREATE_ATTEMPTS) throw error;
        }
      }
    } finally {
      removePath(aside);
    }
  }

  #listGenerations(key: Digest): number[] {
    try {
      return readdirSync(this.#layout.leaseFolder(key)).map(Number).filter(Number.isInteger);
    } catch (error) {
      if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return [];
      throw error;
    }
  }
}

/** 0 of none. */
function highestOf(generations: readonly number[]): number {
  return Math.max(0, ...generations);
}

/** How often others may remove the folder of a lease while it is taken. */
const CREATE_ATTEMPTS = 100;
