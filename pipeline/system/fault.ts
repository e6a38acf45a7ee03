/**
 * What is thrown, told apart: an obstacle for the user, an error of the system, a bug of ours with
 * its stack kept.
 */

import { appendFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isSystemError } from './errors.ts';
import { wordForeignOwner } from './foreign-owner.ts';

/**
 * Why a stage cannot do its work, thrown where that is found out: its message is for the user. Any
 * other error but one of the system is a bug of ours.
 */
export class Obstacle extends Error {
  override readonly name = 'Obstacle';
}

/** Whether an error says by itself what a user has to know: it is no bug of ours. */
export function isForeseen(error: unknown): error is Error {
  return isSystemError(error) || error instanceof Obstacle;
}

/** Where the stack traces of bugs go: see {@link keepStack}. */
export function stackFile(folder: string): string {
  return join(folder, 'errors.log');
}

/**
 * What is told of anything thrown, in a line: the message of an error that was foreseen; of a bug of
 * ours that it is one, and where its stack trace is.
 *
 * @param stackPath the file that the stack trace is added to; null for one among the temporary files
 *   of the system
 */
export function describeFault(error: unknown, stackPath: string | null): string {
  if (isSystemError(error)) return `${error.message}${wordForeignOwner(error)}`;
  if (error instanceof Obstacle) return error.message;
  const kept = keepStack(error, stackPath);
  const where = kept === null ? '' : `; its stack trace is in ${kept}`;
  return `a bug of pipeline itself, which is worth a report: ${wordError(error)}${where}`;
}

function wordError(error: unknown): string {
  if (!(error instanceof Error)) return `${typeof error} thrown`;
  return `${error.name}: ${error.message}`.split('\n', 1).join('');
}

/** @returns the file that holds the stack trace now; null where none can be written */
function keepStack(error: unknown, stackPath: string | null): string | null {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const text = `${new Date().toISOString()} ${stack}\n`;
  for (const path of [stackPath, join(tmpdir(), `pipeline-errors-${process.pid}.log`)]) {
    if (path === null) continue;
    try {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, text);
      return path;
    } catch {
      // The disk is full, or it may not be written there: the next place, else none.
    }
  }
  return null;
}
