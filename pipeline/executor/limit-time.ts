/** `timeout` of a stage: an execution → one that is stopped in time. */

import type { Execution, ExecutionFailure } from './executor.ts';

/** The longest wait that a timer of Node's can do. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * An execution that is stopped, with all its processes, when the time of its stage is up. It has then
 * failed, even if it ends well while it is being stopped.
 */
export function limitTime(execution: Execution, seconds: number, stage: string): Execution {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = (left: number) => {
    timer = setTimeout(
      () => {
        if (left > MAX_TIMER_MS) return wait(left - MAX_TIMER_MS);
        isOver = true;
        execution.stop();
      },
      Math.min(left, MAX_TIMER_MS),
    );
  };
  wait(seconds * 1000);
  const failure: ExecutionFailure = { kind: 'timed-out', stage, seconds };
  const result = execution.result
    .then((ended) => (isOver ? { kind: 'failed' as const, failure } : ended))
    .finally(() => clearTimeout(timer));
  return { result, stop: execution.stop };
}
