/** Starting a process that prints into a log. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';

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
