/**
 * Who a process is, across hosts, containers and restarts: what leases and temporary folders go by.
 */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isErrorCode } from './errors.ts';

/** What tells one process from all others, on any host and after any restart. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** The boot and the name space that process numbers belong to; null where the system has none. */
  readonly realm: string | null;
  /** When the process started, in ticks of its boot; null where unknown. A number is used again. */
  readonly started: string | null;
}

/** The identity of this process. */
export function identifySelf(): ProcessIdentity {
  return {
    host: hostname(),
    pid: process.pid,
    realm: readRealm(),
    started: readStat(process.pid)?.started ?? null,
  };
}

/**
 * Whether a process is gone for certain, as far as `self` can tell: only who shares its numbers can.
 * False says nothing about a process elsewhere.
 */
export function isGone(other: ProcessIdentity, self: ProcessIdentity): boolean {
  if (!sharesNumbers(other, self)) return false;
  const stat = readStat(other.pid);
  if (stat === null) return !isAlive(other.pid);
  const isEnded = stat.state === 'Z' || stat.state === 'X';
  return isEnded || (other.started !== null && stat.started !== other.started);
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

function readRealm(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** State and start of a process; null where it is not there, or hidden, or nothing tells. */
function readStat(pid: number): { state: string; started: string | null } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in brackets, may itself hold blanks and brackets.
    const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, started: rest[18] ?? null };
  } catch {
    return null;
  }
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
