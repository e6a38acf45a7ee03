/**
 * Who a process is, across hosts, containers and restarts: what leases and temporary folders go by.
 */

import { hostname } from 'node:os';
import { isErrorCode } from './errors.ts';
import { openProcessTable } from './process-table.ts';

/** What tells one process from all others, on any host and after any restart. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** The boot and the name space that process numbers belong to; null where the system has none. */
  readonly realm: string | null;
  /** When the process started, in digits ({@link openProcessTable}); null where unknown. A number is used again. */
  readonly started: string | null;
}

/** The identity of this process. */
export function identifySelf(): ProcessIdentity {
  const table = openProcessTable();
  return {
    host: hostname(),
    pid: process.pid,
    realm: table.readRealm(),
    started: table.find(process.pid)?.start ?? null,
  };
}

/**
 * Whether a process is gone for certain, as far as `self` can tell: only who shares its numbers can.
 * False says nothing about a process elsewhere.
 */
export function isGone(other: ProcessIdentity, self: ProcessIdentity): boolean {
  if (!sharesNumbers(other, self)) return false;
  const entry = openProcessTable().find(other.pid);
  if (entry === null) return !isAlive(other.pid);
  const isEnded = /^[ZX]/.test(entry.state);
  return isEnded || (other.started !== null && entry.start !== other.started);
}

/**
 * Whether `self` can tell for certain that a process lives on: then its silence means nothing. A
 * host that has changed its name counts as another, which costs the lease's time at most.
 */
export function isWatchable(other: ProcessIdentity, self: ProcessIdentity): boolean {
  return sharesNumbers(other, self) && other.host === self.host && other.started !== null;
}

/**
 * Whether a number means the same process to both. Containers may share a host's name but not its
 * numbers, and a host may change its name; where there are no realms its name is all there is.
 */
export function sharesNumbers(
  a: Pick<ProcessIdentity, 'host' | 'realm'>,
  b: Pick<ProcessIdentity, 'host' | 'realm'>,
): boolean {
  return a.realm === null ? b.realm === null && a.host === b.host : a.realm === b.realm;
}

/** Whether this host has a process of this number, be it another one than is meant. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrorCode(error, 'ESRCH');
  }
}
