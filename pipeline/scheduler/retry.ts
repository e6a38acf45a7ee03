/** Failed attempts that are tried again, and when. */

import { setMaxListeners } from 'node:events';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { RetrySpec } from '../pipeline-file/types.ts';

/** So often a node is tried again for what is none of its stage's fault. */
const MOST_EXCUSED = 20;
/** No wait before another attempt is longer. */
const MAX_WAIT_SECONDS = 300;

/** An attempt that failed, and how long to wait before the next. */
export interface Retry {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How many there are at most. */
  readonly attempts: number;
  readonly waitSeconds: number;
}

/** Counts the attempts of a run's nodes and lets those wait that are tried again. */
export class Retries {
  readonly #attempts = new Map<NodeId, number>();
  /** Of these, how many do not count. */
  readonly #excused = new Map<NodeId, number>();
  readonly #stopping = new AbortController();

  constructor() {
    // Each node that waits listens, however many they are.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** The number of an attempt that starts now, from 1. */
  begin({ id }: GraphNode): number {
    const number = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, number);
    return number;
  }

  /**
   * What follows the failure of a node's last attempt; null where there is no other.
   *
   * @param isExcused the failure was none of its stage's, and is no retry of those that it declares
   */
  next({ id, stage }: GraphNode, isExcused = false): Retry | null {
    const attempt = this.#attempts.get(id) ?? 1;
    const excused = (this.#excused.get(id) ?? 0) + (isExcused ? 1 : 0);
    this.#excused.set(id, excused);
    const waitSeconds = isExcused
      ? waitAfter(excused, { attempts: MOST_EXCUSED, backoffSeconds: 1 })
      : waitAfter(attempt - excused, stage.retries);
    if (waitSeconds === null || this.#stopping.signal.aborted) return null;
    return { attempt, attempts: stage.retries.attempts + excused + 1, waitSeconds };
  }

  /** Which attempt was the last, for people; nothing where it was the only one. */
  count({ id, stage }: GraphNode): string {
    const attempt = this.#attempts.get(id) ?? 1;
    const most = stage.retries.attempts + (this.#excused.get(id) ?? 0) + 1;
    return attempt > 1 ? ` (attempt ${attempt} of ${most})` : '';
  }

  /** Waits, or less long where {@link stop} is called. */
  pause(seconds: number): Promise<void> {
    return pause(seconds, this.#stopping.signal);
  }

  /** Nothing is tried again from now on. */
  stop(): void {
    this.#stopping.abort();
  }
}

/** Seconds to wait after an attempt, from 1, before the next: twice as long each time; null to give up. */
export function waitAfter(attempt: number, { attempts, backoffSeconds }: RetrySpec): number | null {
  if (attempt > attempts) return null;
  return Math.min(backoffSeconds * 2 ** (attempt - 1), Math.max(MAX_WAIT_SECONDS, backoffSeconds));
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, seconds * 1000);
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish);
  });
}
