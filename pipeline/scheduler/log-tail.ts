/** The end of a log, shown with a failure. */

import { readTail } from '../system/files.ts';

const LOG_TAIL_LINES = 20;
const LOG_TAIL_BYTES = 16_384;

/** The last lines of a log, for showing with a failure. */
export function readLogTail(path: string): string[] {
  try {
    const text = readTail(path, LOG_TAIL_BYTES).toString('utf8').trimEnd();
    return text === '' ? [] : text.split('\n').slice(-LOG_TAIL_LINES);
  } catch {
    return [];
  }
}
