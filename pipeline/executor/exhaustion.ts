/** The system has no room for a process: it is started later, and the stage does not fail. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isErrorCode } from '../system/errors.ts';
import type { Execution, ExecutionFailure, ExecutionResult } from './executor.ts';

/** The first wait for other processes to end, and how often it is doubled: half a minute in all. */
const FIRST_WAIT_MS = 60;
const MOST_WAITS = 9;

/** A process could not be started for want of processes, open files or memory: no fault of its own. */
export class Exhaustion extends Error {
  override readonly name = 'Exhaustion';
}

/** Whether an error tells that the system gives no more for now. */
export function isExhausted(error: unknown): boolean {
  return isErrorCode(error, 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM');
}

/**
 * Starts an execution; again, after a while, as long as the system has no process or open file left
 * for it. Nothing has happened then, and other stages that end give theirs back.
 *
 * @param start its result is rejected with {@link Exhaustion} where nothing was started
 * @throws nothing: its result is rejected with what else `start` fails with
 */
export function startPatiently(start: () => Execution): Execution {
  let current: Execution | undefined;
  const stopping = new AbortController();
  const finish = async (): Promise<ExecutionResult> => {
    for (let waits = 0; ; waits++) {
      try {
        current = start();
        return await current.result;
      } catch (error) {
        if (!(error instanceof Exhaustion) && !isExhausted(error)) throw error;
        if (waits === MOST_WAITS) return { kind: 'failed', failure: describe(error) };
      }
      const wait = FIRST_WAIT_MS * 2 ** waits;
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return { kind: 'failed', failure: { kind: 'stopped-early' } };
    }
  };
  const stop = () => {
    stopping.abort();
    current?.stop();
  };
  return { result: finish(), stop };
}

function describe(error: unknown): ExecutionFailure {
  const text = error instanceof Error ? error.message : String(error);
  const because = `${text}. The system allows no more processes or open files; run fewer stages at a time (--jobs), or raise ulimit -u or -n`;
  return { kind: 'not-started', because };
}
