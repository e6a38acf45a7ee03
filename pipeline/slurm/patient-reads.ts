/** What a job reads of the shared disk while it runs: an error of the disk is no answer, and asked again. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';

/** A disk that gives no answer is asked again after these times: a server of files is started anew meanwhile. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/** Whether the file of a job bears a mark; undefined where the disk does not say. */
export function bearsMark(path: string, key: 'nonce' | 'run', mark: string): boolean | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Json;
    return isJsonObject(value) && value[key] === mark;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return false;
    if (error instanceof SyntaxError || isSystemError(error)) return undefined;
    throw error;
  }
}

/** Both where both are known; false where one is, whatever the other. */
export function isBoth(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  return one === false || other === false ? false : one && other;
}

/**
 * Asks the disk until it answers.
 *
 * @param ask undefined where it does not
 * @throws where it does not for about a minute; in its result
 */
export async function askPatiently<T>(
  ask: () => T | undefined,
  waits: readonly number[] = WAITS_MS,
): Promise<T> {
  for (const ms of [...waits, null]) {
    const answer = ask();
    if (answer !== undefined) return answer;
    if (ms !== null) await sleep(ms);
  }
  throw new Error('the shared disk gives no answer');
}
