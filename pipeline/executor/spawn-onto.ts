/** Starting a process that prints into a log. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/**
 * Starts a process that prints into a log, which is closed here whatever happens.
 *
 * @param log an open file, also named in the options
 * @throws what the system has against it before it starts (an argument that is too long)
 */
export function spawnOnto(
  log: number,
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  try {
    return spawn(file, [...args], options);
  } finally {
    closeSync(log);
  }
}

/** A pipe to a process; none where the process was not started for want of open files. */
export function pipeOf(child: ChildProcess, index: number): Readable | Writable | null {
  const pipes = child.stdio as ChildProcess['stdio'] | undefined;
  return pipes?.[index] ?? null;
}
