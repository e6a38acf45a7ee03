/** An execution whose code has yet to be loaded, already stoppable. */

import type { Execution, ExecutionResult } from './executor.ts';

/** An execution that begins when what it needs has been loaded, unless it is stopped before. */
export function defer(loading: Promise<() => Execution>): Execution {
  let stopped = false;
  let stop = () => {
    stopped = true;
  };
  const result = loading.then((start): ExecutionResult | Promise<ExecutionResult> => {
    if (stopped) return { kind: 'failed', failure: { kind: 'stopped-early' } };
    const execution = start();
    stop = execution.stop;
    return execution.result;
  });
  return { result, stop: () => stop() };
}
