import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Tracer } from '../audit/strace.ts';
import type { Execution, ExecutionRequest, Executor } from './executor.ts';
import { startShell } from './start-shell.ts';
import { WorkerPool } from './worker-pool.ts';

/** Runs stages on this machine, each in a process group of its own. */
export class LocalExecutor implements Executor {
  readonly #workers: WorkerPool;
  readonly #tracer: Tracer | null;

  /**
   * @param workerPath the compiled worker
   * @param tracer sees what commands do; null where nobody looks
   */
  constructor(workerPath: string, tracer: Tracer | null) {
    this.#tracer = tracer;
    this.#workers = new WorkerPool(workerPath);
  }

  start(request: ExecutionRequest): Execution {
    const { run } = request.task;
    mkdirSync(dirname(request.taskPath), { recursive: true });
    mkdirSync(dirname(request.logPath), { recursive: true });
    writeFileSync(request.logPath, '');
    return run.kind === 'command'
      ? startShell(run.command, request, this.#tracer)
      : this.#workers.start(run, request);
  }

  close(): Promise<void> {
    return this.#workers.close();
  }
}
