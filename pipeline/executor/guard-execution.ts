/** What holds for a stage wherever its process runs: a time limit, and secrets that stay hidden. */

import { dirname, join } from 'node:path';
import type { Execution, ExecutionRequest } from './executor.ts';
import { hideAsWritten } from './hide-as-written.ts';
import { hideInEvent, hideInFile } from './hide-values.ts';
import { limitTime } from './limit-time.ts';

/** Starts a stage that is stopped when its time is up, and whose secrets its log and events do not show. */
export function startGuarded(
  request: ExecutionRequest,
  start: (request: ExecutionRequest) => Execution,
): Execution {
  const { hidden, onEvent, timeoutSeconds, stage, logPath, taskPath } = request;
  const isOpen = hidden.length === 0;
  const execution = start(
    isOpen ? request : { ...request, onEvent: (event) => onEvent(hideInEvent(event, hidden)) },
  );
  const aside = join(dirname(taskPath), 'log');
  const result = hideAtEnd(execution.result, logPath, aside, hidden);
  const hiding = { ...execution, result };
  return timeoutSeconds === null ? hiding : limitTime(hiding, timeoutSeconds, stage);
}

/** What is hidden in a log while its process writes to it may miss what came last. */
async function hideAtEnd(
  result: Execution['result'],
  logPath: string,
  aside: string,
  values: readonly string[],
): Execution['result'] {
  const hiding = hideAsWritten(logPath, values);
  try {
    return await result;
  } finally {
    hiding.stop();
    hideInFile(logPath, aside, values);
  }
}
