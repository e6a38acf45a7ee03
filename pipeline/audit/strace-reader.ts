/** How commands are watched: strace's lines → accesses, following processes and their folders. */

import { resolve } from 'node:path';
import type { AccessKind } from './access.ts';
import type { AccessListener } from './hook-fs.ts';
import { type CallArgument, parseCall, type SystemCall } from './strace-line.ts';

/** Where a call has its paths: the folder that one is relative to, if given, and the path. */
interface PathPlace {
  readonly folder: number | null;
  readonly path: number;
  readonly kinds: readonly AccessKind[];
}

const at = (path: number, ...kinds: AccessKind[]): PathPlace => ({ folder: null, path, kinds });
const below = (folder: number, ...kinds: AccessKind[]): PathPlace => ({
  folder,
  path: folder + 1,
  kinds,
});

/** What calls do with their paths. What opens a file depends on flags, and is not among them. */
const CALLS: Readonly<Record<string, readonly PathPlace[]>> = {
  stat: [at(0, 'look')],
  stat64: [at(0, 'look')],
  lstat: [at(0, 'look')],
  lstat64: [at(0, 'look')],
  access: [at(0, 'look')],
  readlink: [at(0, 'look')],
  newfstatat: [below(0, 'look')],
  fstatat64: [below(0, 'look')],
  statx: [below(0, 'look')],
  faccessat: [below(0, 'look')],
  faccessat2: [below(0, 'look')],
  readlinkat: [below(0, 'look')],
  execve: [at(0, 'read')],
  execveat: [below(0, 'read')],
  creat: [at(0, 'write')],
  truncate: [at(0, 'write')],
  mkdir: [at(0, 'write')],
  mkdirat: [below(0, 'write')],
  mknod: [at(0, 'write')],
  mknodat: [below(0, 'write')],
  rmdir: [at(0, 'write')],
  unlink: [at(0, 'write')],
  unlinkat: [below(0, 'write')],
  rename: [at(0, 'read', 'write'), at(1, 'write')],
  renameat: [below(0, 'read', 'write'), below(2, 'write')],
  renameat2: [below(0, 'read', 'write'), below(2, 'write')],
  link: [at(0, 'read'), at(1, 'write')],
  linkat: [below(0, 'read'), below(2, 'write')],
  symlink: [at(1, 'write')],
  symlinkat: [below(1, 'write')],
};

/** Where calls that open a file have folder, path and flags. */
const OPENERS: Readonly<Record<string, readonly [folder: number | null, path: number]>> = {
  open: [null, 0],
  openat: [0, 1],
  openat2: [0, 1],
};

const FORKS: readonly string[] = ['clone', 'clone3', 'fork', 'vfork'];

/** The calls that {@link StraceReader} understands, for `strace -e trace=`. */
export const TRACED_CALLS = '%file,getdents,getdents64,fchdir,clone,?clone3,?fork,?vfork';

/** Reads what `strace -f -y` writes, a line at a time, and tells what the processes did. */
export class StraceReader {
  readonly #start: string;
  readonly #tell: AccessListener;
  /** Current folders of the processes. */
  readonly #folders = new Map<string, string>();
  /** Calls of which the end is told in a later line. */
  readonly #unfinished = new Map<string, string>();

  /** @param start the folder in which the first process begins */
  constructor(start: string, tell: AccessListener) {
    this.#start = start;
    this.#tell = tell;
  }

  readLine(line: string): void {
    const [, process, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (process === undefined || text === undefined) return;
    const begun = / ?<unfinished \.\.\.>$/.exec(text);
    if (begun !== null) {
      this.#unfinished.set(process, text.slice(0, begun.index));
      return;
    }
    const [resumed] = /^<\.\.\. [a-z0-9_]+ resumed>/.exec(text) ?? [];
    if (resumed === undefined) {
      this.#take(process, text);
      return;
    }
    const whole = (this.#unfinished.get(process) ?? '') + text.slice(resumed.length);
    this.#unfinished.delete(process);
    this.#take(process, whole);
  }

  #take(process: string, text: string): void {
    const call = parseCall(text);
    if (call === null || (call.result === null && !call.isMiss)) return;
    const { name, args } = call;
    const current = args.find(({ text: one }) => one.startsWith('AT_FDCWD'))?.path;
    if (typeof current === 'string') this.#folders.set(process, current);
    if (call.result === null) {
      this.#takeMiss(process, call);
      return;
    }
    if (FORKS.includes(name)) {
      const child = String(call.result);
      if (!this.#folders.has(child)) this.#folders.set(child, this.#folderOf(process));
      return;
    }
    const opener = OPENERS[name];
    if (opener !== undefined) this.#takeOpen(process, call, ...opener);
    else if (name === 'chdir') this.#enter(process, this.#resolve(process, args, null, 0));
    else if (name === 'fchdir') this.#enter(process, args[0]?.path ?? null);
    else if (name.startsWith('getdents')) this.#tellOf('list', args[0]?.path ?? null);
    for (const { folder, path, kinds } of CALLS[name] ?? []) {
      const resolved = this.#resolve(process, args, folder, path);
      for (const kind of kinds) this.#tellOf(kind, resolved);
    }
  }

  /** What it looked for in vain; not what it would have made, changed or removed. */
  #takeMiss(process: string, { name, args }: SystemCall): void {
    const [folder, path] = OPENERS[name] ?? [null, null];
    const flags = path === null ? '' : (args[path + 1]?.text ?? '');
    if (path !== null && !flags.includes('O_CREAT')) {
      this.#tellOf('miss', this.#resolve(process, args, folder, path));
    }
    for (const place of CALLS[name] ?? []) {
      if (place.kinds.some((kind) => kind === 'write')) continue;
      this.#tellOf('miss', this.#resolve(process, args, place.folder, place.path));
    }
  }

  /** A folder that is opened is told of when it is listed. */
  #takeOpen(process: string, { args }: SystemCall, folder: number | null, path: number): void {
    const flags = args[path + 1]?.text ?? '';
    if (/O_DIRECTORY|O_PATH/.test(flags)) return;
    const resolved = this.#resolve(process, args, folder, path);
    const isEmptied = flags.includes('O_TRUNC');
    if (!flags.includes('O_WRONLY') && !isEmptied) this.#tellOf('read', resolved);
    if (/O_WRONLY|O_RDWR/.test(flags) || isEmptied) this.#tellOf('write', resolved);
  }

  #tellOf(kind: AccessKind, path: string | null): void {
    if (path?.startsWith('/')) this.#tell(kind, path);
  }

  #enter(process: string, folder: string | null): void {
    if (folder !== null) this.#folders.set(process, folder);
  }

  /** The folder of a process of which nothing else is known is that of one that is just forking. */
  #folderOf(process: string): string {
    const known = this.#folders.get(process);
    if (known !== undefined) return known;
    for (const [parent, text] of this.#unfinished) {
      const isForking = FORKS.some((name) => text.startsWith(`${name}(`));
      if (isForking && parent !== process) return this.#folders.get(parent) ?? this.#start;
    }
    return this.#start;
  }

  /** Null where the argument is no path: a call on the descriptor itself. */
  #resolve(
    process: string,
    args: readonly CallArgument[],
    folder: number | null,
    path: number,
  ): string | null {
    const name = args[path]?.string ?? null;
    if (name === null || name === '') return null;
    const base = folder === null ? null : args[folder]?.path;
    return resolve(base ?? this.#folderOf(process), name);
  }
}
