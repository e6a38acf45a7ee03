/** Executing a stage: finds the pipes to its process. */

import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A pipe to a process; none where the process was not started for want of open files. */
export function pipeOf(child: ChildProcess, index: number): Readable | Writable | null {
  const pipes = child.stdio as ChildProcess['stdio'] | undefined;
  return pipes?.[index] ?? null;
}
