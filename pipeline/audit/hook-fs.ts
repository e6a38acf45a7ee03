/** How modules are watched: before Node's own file system functions, in their process. */

import { constants } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccessKind } from './access.ts';
import type { Disk } from './access-filter.ts';

/** Told of each thing that code of this process does by Node's file system functions. */
export type AccessListener = (kind: AccessKind, path: string) => void;

type Call = (...args: unknown[]) => unknown;
type Note = (args: readonly unknown[]) => void;

/** Functions by what they do with their first path; each with its variants in all three styles. */
const BY_FIRST: Readonly<Record<Exclude<AccessKind, 'miss'>, readonly string[]>> = {
  read: ['readFile', 'openAsBlob'],
  list: ['readdir', 'opendir'],
  look: ['stat', 'lstat', 'access', 'exists', 'realpath', 'readlink'],
  write: ['writeFile', 'appendFile', 'truncate', 'mkdtemp'],
};
/** These change nothing where there is nothing, or nothing new. */
const REMOVERS = ['rm', 'rmdir', 'unlink'];

let listener: AccessListener | null = null;

/** What the audit asks of the disk does not come to its own ears. */
export const unhookedDisk: Disk = openDisk();

/**
 * Puts itself before Node's file system functions: synchronous ones, those with callbacks, those
 * with promises and, because they open their files by these, streams. It hears nothing of native
 * libraries, threads and child processes.
 */
export function hookFileSystem(): void {
  const require = createRequire(import.meta.url);
  const fs = require('node:fs') as Record<string, Call>;
  const promises = require('node:fs/promises') as Record<string, Call>;
  const hook = (name: string, note: Note) => {
    for (const [owner, key] of [
      [fs, name],
      [fs, `${name}Sync`],
      [promises, name],
    ] as const) {
      const original = owner[key];
      if (original === undefined) continue;
      // A proxy, because some of them have members of their own (`realpath.native`).
      owner[key] = new Proxy(original, {
        apply(target, self, args: unknown[]) {
          if (listener !== null) note(args);
          return Reflect.apply(target, self, args);
        },
      });
    }
  };
  for (const [kind, names] of Object.entries(BY_FIRST) as [AccessKind, readonly string[]][]) {
    for (const name of names) hook(name, ([path]) => tell(kind, path));
  }
  hook('open', ([path, flags]) => tellOpen(path, flags));
  hook('mkdir', ([path]) => {
    if (!isThere(path)) tell('write', path);
  });
  for (const name of REMOVERS) {
    hook(name, ([path]) => {
      if (isThere(path)) tell('write', path);
    });
  }
  hook('copyFile', ([from, to]) => {
    tell('read', from);
    tell('write', to);
  });
  hook('cp', ([from, to]) => {
    tell('read', from);
    tell('list', from);
    tell('write', to);
  });
  hook('rename', ([from, to]) => {
    tell('read', from);
    tell('write', from);
    tell('write', to);
  });
  hook('link', ([from, to]) => {
    tell('read', from);
    tell('write', to);
  });
  hook('symlink', ([, to]) => tell('write', to));
  syncBuiltinESMExports();
}

/** Lets somebody listen from now on, or nobody. */
export function listenToAccesses(to: AccessListener | null): void {
  listener = to;
}

/** Does something of which the listener hears nothing. */
export function unheard<T>(work: () => T): T {
  const before = listener;
  listener = null;
  try {
    return work();
  } finally {
    listener = before;
  }
}

function tell(kind: AccessKind, path: unknown): void {
  const absolute = toPath(path);
  if (absolute !== null) listener?.(kind, absolute);
}

function tellOpen(path: unknown, flags: unknown): void {
  const { reads, writes } = readFlags(flags);
  if (reads) tell('read', path);
  if (writes) tell('write', path);
}

/** What a file is opened for; one that is emptied or only added to is not read. */
function readFlags(flags: unknown): { readonly reads: boolean; readonly writes: boolean } {
  if (typeof flags === 'number') {
    const mode = flags & (constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR);
    const isEmptied = (flags & constants.O_TRUNC) !== 0;
    return {
      reads: mode !== constants.O_WRONLY && !isEmptied,
      writes: mode !== constants.O_RDONLY || isEmptied,
    };
  }
  const text = typeof flags === 'string' ? flags : 'r';
  return { reads: text.startsWith('r') || text === 'a+', writes: !/^r(s)?$|^sr$/.test(text) };
}

/** Null for a descriptor, whose file was told of when it was opened, and for what is no path. */
function toPath(path: unknown): string | null {
  try {
    if (typeof path === 'string') return isPlain(path) ? path : resolve(path);
    if (path instanceof URL) return fileURLToPath(path);
    if (path instanceof Uint8Array) return resolve(Buffer.from(path).toString());
  } catch {
    // The function itself will say what is wrong with it.
  }
  return null;
}

/** Whether resolving changes nothing; a stage may read a hundred thousand files. */
function isPlain(path: string): boolean {
  return (
    path.startsWith('/') && !path.includes('/.') && !path.includes('//') && !path.endsWith('/')
  );
}

/** Whether something is at a path, by a look of which nobody hears. */
export function isThere(path: unknown): boolean {
  const absolute = toPath(path);
  if (absolute === null) return false;
  try {
    unhookedDisk.stat(absolute);
    return true;
  } catch {
    return false;
  }
}

function openDisk(): Disk {
  const { realpathSync, statSync } = createRequire(import.meta.url)(
    'node:fs',
  ) as typeof import('node:fs');
  return { realpath: realpathSync.native, stat: (path) => statSync(path) };
}
