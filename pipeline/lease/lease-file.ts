/** The file of a lease: who holds it, created so that only one process can. */

import { closeSync, linkSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { isErrorCode } from '../system/errors.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';

/** Who holds a lease: what its file says. */
export interface LeaseHolder extends ProcessIdentity {
  /** Tells this lease from an earlier one of the same generation. */
  readonly nonce: string;
  /** For how long the holder may be silent before others take over. */
  readonly leaseMs: number;
  /** When it was taken, for people. */
  readonly since: string;
  /** Places of the workspace, by {@link coverPlaces}, that stay as they are while it is held. */
  readonly reads: readonly string[];
}

/**
 * Gives a file that is whole another name, unless that is taken. A link appears with its content; where
 * there are none, a reader may find the file unfinished.
 *
 * @throws a system error: `EEXIST` where the name is taken, `ENOENT` where its folder is gone
 */
export function linkOrWrite(aside: string, path: string, content: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    // Whatever keeps links from being made (file systems and filters name it differently), a file
    // may be created; what keeps both from it is then told of the file.
    if (isErrorCode(error, 'EEXIST', 'ENOENT')) throw error;
    const fd = openSync(path, 'wx');
    try {
      writeFileSync(fd, content);
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * Reads the holder of a lease from its file; null where that is not, or not yet, readable.
 *
 * @throws a system error where the file is gone or may not be read
 */
export function readHolder(path: string): LeaseHolder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<LeaseHolder>;
    const { host, pid, realm = null, started = null, nonce, leaseMs } = holder;
    const { since = '', reads = [] } = holder;
    if (typeof host !== 'string' || typeof pid !== 'number') return null;
    if (typeof nonce !== 'string' || typeof leaseMs !== 'number') return null;
    return { host, pid, realm, started, nonce, leaseMs, since, reads };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether a lease's file is there and that of one lease, by its nonce. */
export function holdsNonce(path: string, nonce: string): boolean {
  try {
    return readHolder(path)?.nonce === nonce;
  } catch (error) {
    // Released, or taken over, meanwhile.
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
