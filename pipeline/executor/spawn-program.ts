/** Executing a stage, inside its process: starts bash for its `$`. */

import type {
  ChildProcess,
  spawn as Spawn,
  SpawnOptions,
  spawnSync as SpawnSync,
  SpawnSyncOptions,
  SpawnSyncReturns,
} from 'node:child_process';
import { pipeOf } from './pipe-of.ts';
import { ProcessTree } from './process-tree.ts';
import { watchGroup } from './watch-group.ts';

/** Node's functions, as zx calls them: with a whole command, for the shell of the options. */
export interface Spawners {
  readonly spawn: typeof Spawn;
  readonly spawnSync: typeof SpawnSync;
}

/**
 * Makes what zx starts bash with. A command that leads a process group of its own takes all of it along
 * when it ends, is called off, or this process is gone.
 *
 * @param signal once it is aborted, nothing is started any more
 * @param onStart called before each command
 * @throws nothing itself; what it gives throws Error where something is to be started after that
 */
export function makeSpawners(signal: AbortSignal | null, onStart = () => {}): Spawners {
  // Not imported: most stages start nothing, and every worker would load it.
  const { spawn, spawnSync } = process.getBuiltinModule('node:child_process');
  const begin = () => {
    if (signal?.aborted === true) throw new Error('what it belongs to is being stopped');
    onStart();
  };
  const start = (command: string, _: readonly string[], options: SpawnOptions): ChildProcess => {
    begin();
    if (options.detached !== true) return tellEndLater(spawn(...inBash(command, options)));
    const stdio = Array.isArray(options.stdio) ? options.stdio : Array(3).fill(options.stdio);
    const watched = watchGroup(stdio.length) + command;
    const child = spawn(...inBash(watched, { ...options, stdio: [...stdio, 'pipe'] }));
    // Ignored: the pipe only ever ends.
    pipeOf(child, stdio.length)?.on('error', () => {});
    followGroup(child, options.signal ?? null);
    return tellEndLater(child);
  };
  const startSync = (
    command: string,
    _: readonly string[],
    options: SpawnSyncOptions,
  ): SpawnSyncReturns<string | Buffer> => {
    begin();
    return spawnSync(...inBash(command, { ...options, maxBuffer: Number.POSITIVE_INFINITY }));
  };
  return { spawn: start as typeof Spawn, spawnSync: startSync as typeof SpawnSync };
}

/**
 * The arguments of `spawn` for a command in bash. Node's pipes are sockets, by which bash takes itself
 * for one that sshd has started, and would read the user's ~/.bashrc.
 */
function inBash<T extends SpawnSyncOptions | SpawnOptions>(
  command: string,
  options: T,
): [file: string, args: string[], options: T] {
  return [String(options.shell), ['--norc', '-c', command], { ...options, shell: false }];
}

/**
 * Tells of a command's end when all signals that came with it were heard. One that ends this process and its commands
 * alike may be heard of behind the end of a command, and a stage would begin the next command in between.
 */
function tellEndLater(child: ChildProcess): ChildProcess {
  const emit = child.emit.bind(child) as (event: string, ...args: unknown[]) => boolean;
  const emitLater = (event: string, ...args: unknown[]) => {
    if (event !== 'exit' && event !== 'close') return emit(event, ...args);
    setImmediate(emit, event, ...args);
    return true;
  };
  return Object.assign(child, { emit: emitLater });
}

function followGroup(child: ChildProcess, signal: AbortSignal | null): void {
  const tree = new ProcessTree(child);
  let callOff = () => {};
  const end = () => {
    callOff = tree.end();
  };
  signal?.addEventListener('abort', end, { once: true });
  child.once('exit', () => {
    signal?.removeEventListener('abort', end);
    callOff();
    tree.clear();
  });
}
