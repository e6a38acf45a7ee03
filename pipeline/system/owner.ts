import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isErrorCode, makeNonce, removePath } from './files.ts';

/** A name for what belongs to this process alone: `<host>-<pid>-<nonce>`. */
export function makeOwnerName(): string {
  return `${hostname()}-${process.pid}-${makeNonce()}`;
}

/** Removes from a folder what belongs to processes of this host that are gone. */
export function removeOrphans(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  for (const name of names) {
    const match = /^(.*)-(\d+)-[0-9a-f]{16}$/.exec(name);
    if (match?.[1] === hostname() && !isAlive(Number(match[2]))) removePath(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrorCode(error, 'ESRCH');
  }
}
