import type { Tracer } from '../audit/strace.ts';
import type { Executor } from './executor.ts';

/**
 * The executor of this machine. Its code is loaded with the first stage: many runs have none.
 *
 * @param tracer sees what commands do; null where nobody looks
 */
export function openExecutor(workerPath: string | null, tracer: Tracer | null): Executor {
  let loaded: Promise<Executor> | undefined;
  const load = async (): Promise<Executor> => {
    const { LocalExecutor } = await import('./local-executor.ts');
    return new LocalExecutor(workerPath, tracer);
  };
  return {
    start(request) {
      loaded ??= load();
      let stopped = false;
      let stop = () => {
        stopped = true;
      };
      const result = loaded.then((executor) => {
        if (stopped) return { kind: 'failed', message: 'was stopped before it started' } as const;
        const execution = executor.start(request);
        stop = execution.stop;
        return execution.result;
      });
      return { result, stop: () => stop() };
    },
    close: async () => (await loaded)?.close(),
  };
}
