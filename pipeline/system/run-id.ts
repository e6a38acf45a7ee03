/** Names of runs, under which their logs are kept. */

import { makeNonce } from './nonce.ts';

/**
 * The name of a run, which sorts by when it started.
 *
 * @param startedAt milliseconds since the epoch
 */
export function makeRunId(startedAt: number): string {
  return `${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}-${makeNonce().slice(0, 6)}`;
}
