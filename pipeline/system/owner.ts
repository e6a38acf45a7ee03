import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isErrorCode, makeNonce, removeTemporary } from './files.ts';

/** A name for what belongs to this process alone: `<host>-<pid>-<nonce>`. */
export function makeOwnerName(): string {
  return `${hostname()}-${process.pid}-${makeNonce()}`;
}

/**
 * Removes from a folder what belongs to processes of this host that are gone.
 *
 * @param own this process's name, as {@link makeOwnerName} made it
 */
export function removeOrphans(folder: string, own: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  for (const name of names) {
    if (ownerState(name, own) === 'gone') removeTemporary(join(folder, name));
  }
}

/**
 * What can be told of the process that made a name; nothing of one on another host.
 *
 * @param own see {@link removeOrphans}
 */
export function ownerState(name: string, own: string): 'alive' | 'gone' | 'unknown' {
  if (name === own) return 'alive';
  const match = /^(.*)-(\d+)-[0-9a-f]{16}$/.exec(name);
  if (match?.[1] !== hostname()) return 'unknown';
  const pid = Number(match[2]);
  // In a container this process may have the number of a dead one.
  return pid === process.pid || !isAlive(pid) ? 'gone' : 'alive';
}

/** Whether this host has a process of this number, be it another one than is meant. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrorCode(error, 'ESRCH');
  }
}
