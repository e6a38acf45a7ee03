/** Running on this machine: shell for commands, workers for modules. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Tracer } from '../audit/strace.ts';
import type {
  Execution,
  ExecutionRequest,
  ExecutionResult,
  Executor,
  Watching,
} from './executor.ts';
import { startPatiently } from './exhaustion.ts';
import { startGuarded } from './guard-execution.ts';
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
  readonly #watching: Watching;

  /**
   * @param workerPath the compiled worker; without one no module can run
   * @param packages the address of a file of this program, from which its packages are found
   */
  constructor(workerPath: string | null, watching: Watching, packages = import.meta.url) {
    this.#watching = watching;
    this.#workers =
      workerPath === null ? null : new WorkerPool(workerPath, watching.meter, packages);
  }

  start(request: ExecutionRequest): Execution {
    return startGuarded(request, (guarded) => startPatiently(() => this.#start(guarded)));
  }

  #start(request: ExecutionRequest): Execution {
    const { run } = request.task;
    mkdirSync(dirname(request.taskPath), { recursive: true });
    mkdirSync(dirname(request.logPath), { recursive: true });
    return run.kind === 'command'
      ? startCommand(run.command, request, {
          tracer: this.#tracerOf(run.findsInputs),
          meter: this.#watching.meter,
        })
      : (this.#workers?.start(run, request) ?? {
          result: Promise.resolve(NO_WORKER),
          stop: () => {},
        });
  }

  #tracerOf(findsInputs: boolean): Tracer | null {
    const { tracer, all } = this.#watching.tracing;
    return all || findsInputs ? tracer : null;
  }

  async close(): Promise<void> {
    await this.#workers?.close();
  }
}
