import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Execution, ExecutionRequest, Executor } from './executor.ts';
import { startShell } from './start-shell.ts';
import { WorkerPool } from './worker-pool.ts';

/** Runs stages on this machine, each in a process group of its own. */
export class LocalExecutor implements Executor {
  readonly #workers: WorkerPool;

  /** @param workerPath the compiled worker */
  constructor(workerPath: string) {
    this.#workers = new WorkerPool(workerPath);
  }

  start(request: ExecutionRequest): Execution {
    const { run } = request.task;
    mkdirSync(dirname(request.taskPath), { recursive: true });
    mkdirSync(dirname(request.logPath), { recursive: true });
    writeFileSync(request.logPath, '');
    return run.kind === 'command'
      ? startShell(run.command, request)
      : this.#workers.start(run, request);
  }

  close(): Promise<void> {
    return this.#workers.close();
  }
}
