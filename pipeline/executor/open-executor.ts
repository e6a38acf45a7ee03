/** The executor as a run gets it, its code not loaded before the first stage. */

import { defer } from './defer.ts';
import type { Executor, Watching } from './executor.ts';

/** The executor of this machine. Its code is loaded with the first stage: many runs have none. */
export function openExecutor(workerPath: string | null, watching: Watching): Executor {
  let loaded: Promise<Executor> | undefined;
  const load = async (): Promise<Executor> => {
    const { LocalExecutor } = await import('./local-executor.ts');
    return new LocalExecutor(workerPath, watching);
  };
  return {
    start(request) {
      loaded ??= load();
      return defer(loaded.then((executor) => () => executor.start(request)));
    },
    close: async () => (await loaded)?.close(),
  };
}
