/** The token and the port of a workspace's page, kept for its user, so that a page that is open finds the server again. */

import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { isSystemError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import { makeStateFolder } from '../system/state-folder.ts';

/** Where a page is served. */
export interface KeptAddress {
  /** What nobody can guess; letters and digits. */
  readonly token: string;
  readonly port: number;
}

const TOKEN = /^[\w-]{32,}$/;
const BY_OTHERS = 0o077;

/** A token for a page. */
export function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Keeps an address, if it can: for its user's eyes alone. */
export function keepAddress(address: KeptAddress, layout: StateLayout): void {
  keepIfPossible(() => {
    makeStateFolder(layout);
    const text = `${JSON.stringify(address)}\n`;
    writeFileAtomic(layout.servedAddress, text, layout.temporary, 0o600);
  });
}

/** The address that this user's page had last in a workspace; null where there was none. */
export function recallAddress({ servedAddress }: StateLayout): KeptAddress | null {
  try {
    const fd = openSync(servedAddress, 'r');
    try {
      const { mode, uid } = fstatSync(fd);
      // One that others could read or have made is none.
      if ((mode & BY_OTHERS) !== 0 || uid !== (process.geteuid?.() ?? uid)) return null;
      const { token, port } = Object(JSON.parse(readFileSync(fd, 'utf8'))) as Record<
        string,
        unknown
      >;
      const isSound = typeof token === 'string' && TOKEN.test(token) && Number.isInteger(port);
      return isSound && Number(port) > 0 && Number(port) < 65_536
        ? { token, port: Number(port) }
        : null;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error)) return null;
    throw error;
  }
}
