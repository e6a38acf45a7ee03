import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Execution, ExecutionRequest, ExecutionResult, Executor } from './executor.ts';
import { parseEvent } from './parse-event.ts';
import { ProcessTree } from './process-tree.ts';

/** How long a stage may take to end after SIGTERM before it is killed. */
const GRACE_MS = 5_000;

/** Runs each stage as a process group of its own on this machine. */
export class LocalExecutor implements Executor {
  readonly #workerPath: string;

  /** @param workerPath the compiled worker */
  constructor(workerPath: string) {
    this.#workerPath = workerPath;
  }

  start({ task, taskPath, logPath, env, onEvent }: ExecutionRequest): Execution {
    mkdirSync(dirname(taskPath), { recursive: true });
    mkdirSync(dirname(logPath), { recursive: true });
    writeFileSync(taskPath, JSON.stringify(task, null, 1));
    const log = openSync(logPath, 'w');
    const child = spawn(process.execPath, [this.#workerPath, taskPath], {
      cwd: task.job.workspace,
      env,
      // A group of its own: the terminal's Ctrl-C reaches the engine alone, which then decides.
      detached: true,
      stdio: ['pipe', log, log, 'pipe'],
    });
    closeSync(log);
    // Ignored: the worker may end before the pipe is closed.
    child.stdin?.on('error', () => {});
    const events = child.stdio[3] as Readable;
    createInterface({ input: events }).on('line', (line) => {
      const event = parseEvent(line);
      if (event !== null) onEvent(event);
    });
    const tree = child.pid === undefined ? null : new ProcessTree(child.pid);
    let killTimer: NodeJS.Timeout | undefined;
    const result = new Promise<ExecutionResult>((resolve) => {
      child.once('error', (error) =>
        resolve({ kind: 'failed', message: `could not be started: ${error.message}` }),
      );
      // 'close' comes after the last event was read.
      child.once('close', (code, signal) => {
        clearTimeout(killTimer);
        // Whatever the stage left running ends with it.
        tree?.clear();
        resolve(describeExit(code, signal));
      });
    });
    const stop = () => {
      tree?.signal('SIGTERM');
      killTimer ??= setTimeout(() => tree?.signal('SIGKILL'), GRACE_MS);
    };
    return { result, stop };
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): ExecutionResult {
  if (code === 0) return { kind: 'done' };
  return {
    kind: 'failed',
    message: signal === null ? `exited with status ${code}` : `was ended by ${signal}`,
  };
}
