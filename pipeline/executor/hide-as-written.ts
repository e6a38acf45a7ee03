/** Secrets in a log while the stage still runs: starred out in place, several times a second. */

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { isSystemError } from '../system/errors.ts';

/** How often new text is looked through. */
const PAUSE_MS = 200;
const CHUNK = 1 << 20;

/** Hiding that goes on until it is called off. */
export interface Hiding {
  readonly stop: () => void;
}

/**
 * Hides values in a log while a process writes to it, so that they do not stay where nobody is left to
 * hide them in the end (`kill -9`, no power). Stars of the same length take their place, because the
 * process goes on writing behind them.
 *
 * @param values see {@link listHiddenValues}
 */
export function hideAsWritten(path: string, values: readonly string[]): Hiding {
  if (values.length === 0) return { stop: () => {} };
  const texts = values.map((value) => Buffer.from(value).toString('latin1'));
  let done = 0;
  const timer = setInterval(() => {
    try {
      done = hideNew(path, texts, done);
    } catch (error) {
      // It is tried again, and hidden in the end.
      if (!isSystemError(error)) throw error;
    }
  }, PAUSE_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/**
 * Hides values in what a file holds behind a place.
 *
 * @param texts values, a character a byte
 * @returns the place from which to go on: the beginning of a value may stand at the end
 */
function hideNew(path: string, texts: readonly string[], from: number): number {
  const overlap = Math.max(...texts.map(({ length }) => length)) - 1;
  const fd = openSync(path, 'r+');
  try {
    const buffer = Buffer.alloc(CHUNK + overlap);
    for (let at = from; ; at += CHUNK) {
      const count = readSync(fd, buffer, 0, buffer.length, at);
      hideInChunk(fd, at, buffer.toString('latin1', 0, count), texts);
      if (count < buffer.length) return Math.max(from, at + count - overlap);
    }
  } finally {
    closeSync(fd);
  }
}

function hideInChunk(fd: number, start: number, chunk: string, texts: readonly string[]): void {
  for (const text of texts) {
    for (let at = chunk.indexOf(text); at !== -1; at = chunk.indexOf(text, at + text.length)) {
      writeSync(fd, '*'.repeat(text.length), start + at);
    }
  }
}
