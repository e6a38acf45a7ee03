/** Running on this machine: shell for commands, workers for modules. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Tracer } from '../audit/strace.ts';
import type { Execution, ExecutionRequest, ExecutionResult, Executor } from './executor.ts';
import { startPatiently } from './exhaustion.ts';
import { startCommand } from './start-command.ts';
import { WorkerPool } from './worker-pool.ts';

const NO_WORKER: ExecutionResult = {
  kind: 'failed',
  failure: {
    kind: 'not-started',
    because:
      'the program found no folder to keep its worker in; set XDG_CACHE_HOME to one that you may write',
  },
};

/** Runs stages on this machine, each in a process group of its own. */
export class LocalExecutor implements Executor {
  readonly #workers: WorkerPool | null;
  readonly #tracer: Tracer | null;

  /**
   * @param workerPath the compiled worker; without one no module can run
   * @param tracer sees what commands do; null where nobody looks
   */
  constructor(workerPath: string | null, tracer: Tracer | null) {
    this.#tracer = tracer;
    this.#workers = workerPath === null ? null : new WorkerPool(workerPath);
  }

  start(request: ExecutionRequest): Execution {
    return startPatiently(() => this.#start(request));
  }

  #start(request: ExecutionRequest): Execution {
    const { run } = request.task;
    mkdirSync(dirname(request.taskPath), { recursive: true });
    mkdirSync(dirname(request.logPath), { recursive: true });
    return run.kind === 'command'
      ? startCommand(run.command, request, this.#tracer)
      : (this.#workers?.start(run, request) ?? {
          result: Promise.resolve(NO_WORKER),
          stop: () => {},
        });
  }

  async close(): Promise<void> {
    await this.#workers?.close();
  }
}
