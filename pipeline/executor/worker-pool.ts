/**
 * Workers that wait for another task of their bundle: how a module runs without a start of Node
 * each.
 */

import { availableParallelism } from 'node:os';
import { countStages, readFileLimit } from '../system/limits.ts';
import type { Execution, ExecutionRequest, ExecutionResult } from './executor.ts';
import type { ModuleRun } from './task.ts';
import type { UsageMeter } from './usage-meter.ts';
import { WorkerProcess } from './worker-process.ts';

/** Workers that wait for a task keep their memory and open files meanwhile. */
const MOST_IDLE = Math.min(
  availableParallelism(),
  countStages(readFileLimit('/') ?? Number.POSITIVE_INFINITY),
);

/**
 * Runs modules in processes that are used again where nothing can tell: for the same bundle, that is
 * the same code and packages, in the same environment, and only when the stage before left nothing
 * behind, or when both say that this does not matter. Starting Node takes longer than a small stage.
 */
export class WorkerPool {
  readonly #workerPath: string;
  readonly #meter: UsageMeter;
  readonly #packages: string;
  /** The one that was used last is last. */
  #idle: { readonly key: string; readonly worker: WorkerProcess }[] = [];

  /**
   * @param workerPath the compiled worker
   * @param packages the address of a file of this program, from which its packages are found
   */
  constructor(workerPath: string, meter: UsageMeter, packages: string) {
    this.#workerPath = workerPath;
    this.#meter = meter;
    this.#packages = packages;
  }

  start(run: ModuleRun, request: ExecutionRequest): Execution {
    let worker: WorkerProcess | undefined;
    let stopped = false;
    const finish = async (): Promise<ExecutionResult> => {
      const { workspace } = request.task.job;
      const key = JSON.stringify([run.bundle, workspace, request.env, run.process]);
      for (;;) {
        const reused = run.process === 'fresh' ? undefined : this.#takeIdle(key);
        worker = reused ?? new WorkerProcess(this.#workerPath, request);
        if (stopped) worker.stop();
        const { result, reusable } = await worker.run(run, request, this.#meter, this.#packages);
        if (reusable) this.#giveBack(key, worker);
        // One that ended while it was idle has not begun; another takes the task.
        if (result !== null) return result;
      }
    };
    const stop = () => {
      stopped = true;
      worker?.stop();
    };
    return { result: finish(), stop };
  }

  /** Ends all workers; none may be running. */
  async close(): Promise<void> {
    const idle = this.#idle;
    this.#idle = [];
    await Promise.all(idle.map(({ worker }) => worker.dismiss()));
  }

  #takeIdle(key: string): WorkerProcess | undefined {
    const index = this.#idle.findLastIndex((one) => one.key === key);
    return index === -1 ? undefined : this.#idle.splice(index, 1)[0]?.worker;
  }

  #giveBack(key: string, worker: WorkerProcess): void {
    this.#idle.push({ key, worker });
    if (this.#idle.length > MOST_IDLE) void this.#idle.shift()?.worker.dismiss();
  }
}
