/**
 * Names of temporary folders that say whose they are, and the removal of those whose process is
 * gone.
 */

import { readdirSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { isErrorCode } from './errors.ts';
import { makeNonce } from './nonce.ts';
import { identifySelf, isGone, type ProcessIdentity, sharesNumbers } from './process-identity.ts';
import { removeTemporary } from './remove-path.ts';

/** `<host>-<pid>-<boot>.<name space>-<start>-<nonce>`; the last two of a process that is unknown are 0. */
const NAME = /^(.+)-(\d+)-(\w+\.\d+)-(\d+)-[0-9a-f]{16}$/;
const BOOT_LENGTH = 12;
const NO_REALM = 'none.0';

/** A name for what belongs to this process alone, which says which process that is. */
export function makeOwnerName(): string {
  const { host, pid, realm, started } = identifySelf();
  return `${host}-${pid}-${shortenRealm(realm)}-${started ?? 0}-${makeNonce()}`;
}

/**
 * Removes from a folder what belongs to processes that are gone.
 *
 * @param own this process's name, as {@link makeOwnerName} made it
 * @throws a system error where the folder cannot be listed
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
    const path = join(folder, name);
    if (ownerState(name, own) === 'gone' || isOfEarlierBoot(path, name, own)) removeTemporary(path);
  }
}

/**
 * What can be told of the process that made a name; nothing of one on another host or in another
 * container, whose numbers mean other processes.
 *
 * @param own see {@link removeOrphans}
 */
export function ownerState(name: string, own: string): 'alive' | 'gone' | 'unknown' {
  if (name === own) return 'alive';
  const owner = parseName(name);
  const self = parseName(own);
  if (owner === null || self === null) return 'unknown';
  if (isGone(owner, self)) return 'gone';
  return sharesNumbers(owner, self) ? 'alive' : 'unknown';
}

/**
 * Sends a signal to the process that made a name, if it is certain which one that is.
 *
 * @param own see {@link removeOrphans}
 */
export function signalOwner(
  name: string,
  own: string,
  signal: NodeJS.Signals,
): 'sent' | 'gone' | 'unknown' | 'denied' {
  const owner = parseName(name);
  const state = ownerState(name, own);
  // Without its start the number may be another process's by now.
  if (owner === null || owner.started === null) return 'unknown';
  if (state !== 'alive') return state;
  try {
    process.kill(owner.pid, signal);
    return 'sent';
  } catch (error) {
    if (isErrorCode(error, 'ESRCH')) return 'gone';
    if (isErrorCode(error, 'EPERM')) return 'denied';
    throw error;
  }
}

/** Whether a folder was left by a process of this host before the host was started again. */
function isOfEarlierBoot(path: string, name: string, own: string): boolean {
  const owner = parseName(name);
  const self = parseName(own);
  if (owner?.realm == null || self?.realm == null || owner.host !== self.host) return false;
  const [boot] = owner.realm.split('.');
  if (self.realm.startsWith(`${boot}.`)) return false;
  const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
  return changedAt < Date.now() - uptime() * 1000;
}

function parseName(name: string): ProcessIdentity | null {
  const [, host, pid, realm, started] = NAME.exec(name) ?? [];
  if (host === undefined || realm === undefined) return null;
  return {
    host,
    pid: Number(pid),
    realm: realm === NO_REALM ? null : realm,
    started: started === undefined || started === '0' ? null : started,
  };
}

/** `3f2b4c1a-… pid:[4026531836]` → `3f2b4c1a….4026531836`, for the name of a folder. */
function shortenRealm(realm: string | null): string {
  const [boot = '', space = ''] = (realm ?? '').split(' ');
  const start = boot.replaceAll('-', '').slice(0, BOOT_LENGTH);
  const number = /\d+/.exec(space)?.[0];
  return start === '' || number === undefined ? NO_REALM : `${start}.${number}`;
}
