/** A file of lines that grows → its whole lines from a place on, each time with the place behind them. */

import { isSystemError } from '../system/errors.ts';
import { readFrom } from '../system/files.ts';

const CHUNK = 1 << 16;
/** A line may be longer than a chunk; one that is longer than this is no event of ours. */
const LONGEST = 1 << 24;
const LINE_BREAK = 10;

/** Whole lines of a file. */
export interface LineChunk {
  /** Each without its end. */
  readonly lines: readonly string[];
  /** Byte behind the last of them: where the next begins. */
  readonly end: number;
}

/** The whole lines from a byte on, about 64 KiB of them; none where no line is whole yet. */
export function readWholeLines(path: string, from: number): LineChunk {
  for (let size = CHUNK; ; size *= 4) {
    const chunk = readQuietly(path, from, size);
    const length = chunk.lastIndexOf(LINE_BREAK) + 1;
    if (length > 0) {
      const lines = chunk.toString('utf8', 0, length - 1).split('\n');
      return { lines, end: from + length };
    }
    if (chunk.length < size || size > LONGEST) return { lines: [], end: from };
  }
}

/** Whether a line begins at a byte: at the start, or behind the end of another. */
export function isLineStart(path: string, at: number): boolean {
  if (at === 0) return true;
  return Number.isSafeInteger(at) && at > 0 && readQuietly(path, at - 1, 1)[0] === LINE_BREAK;
}

/** A file that is gone, or that a network disk does not give for the moment, has nothing new. */
function readQuietly(path: string, from: number, limit: number): Buffer {
  try {
    return readFrom(path, from, limit);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return Buffer.alloc(0);
  }
}
