/** A run's event log, read back from the disk. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrorCode } from '../system/errors.ts';

/** The text of the event log in a run's folder; empty where there is none. */
export function readEventLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'events.jsonl'), 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return '';
    throw error;
  }
}
