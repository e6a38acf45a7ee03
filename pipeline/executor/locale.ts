/** The locale of stages, looked for once on this machine. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Characters are those of UTF-8. */
const UTF8 = 'C.UTF-8';
/** What every system has: characters are bytes. */
const BYTES = 'C';

let found: string | undefined;

/**
 * The locale of stages: one that depends on no user. A few systems (macOS, glibc of before 2013) have
 * none with UTF-8 that is the same everywhere; a program that is given a missing one may complain of it.
 */
export function findLocale(): string {
  found ??= hasUtf8() ? UTF8 : BYTES;
  return found;
}

/** Where Debian and its like, and Fedora and its like, keep the locale. */
const USUAL_PLACES = ['/usr/lib/locale/C.utf8', '/usr/lib/locale/C.UTF-8'];

/** Looks where the locale usually is, else asks the program that runs commands what a character is. */
function hasUtf8(): boolean {
  if (USUAL_PLACES.some((place) => existsSync(place))) return true;
  const env = { ...process.env, LC_ALL: UTF8 };
  const look = ['-c', 'case é in ?) exit 0 ;; esac; exit 1'];
  return spawnSync('bash', look, { env, stdio: 'ignore' }).status === 0;
}
