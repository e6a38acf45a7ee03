/** What a stage with `inputs: auto` was seen to do → what counts as its inputs, and what is told as undeclared. */

import { isWritablePath } from '../graph/check-paths.ts';
import type { Access } from './access.ts';
import { isAtOrBelow } from './undeclared.ts';

/** Accesses by what becomes of them. */
export interface SplitAccesses {
  /** What it read, listed, looked at or looked for in vain. */
  readonly found: readonly Access[];
  /** What no input can be: what it writes, and our own state. */
  readonly others: readonly Access[];
}

/** Splits accesses that count into inputs and the rest. */
export function splitAccesses(accesses: readonly Access[]): SplitAccesses {
  const isInput = ({ kind, path }: Access) =>
    kind !== 'write' && (path === '.' || isWritablePath(path));
  const isWritten = (path: string) =>
    accesses.some((one) => one.kind === 'write' && isAtOrBelow(path, one.path));
  return {
    // What was not there before the stage made it is its own.
    found: accesses.filter((one) => isInput(one) && !(one.kind === 'miss' && isWritten(one.path))),
    others: accesses.filter((one) => !isInput(one) && one.kind !== 'miss'),
  };
}
