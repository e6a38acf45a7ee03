/** The engine's side of one worker: orders in, events and outcome out. */

import type { ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Access, parseAccess } from '../audit/access.ts';
import { readLastWords } from './describe-execution.ts';
import type { ExecutionFailure, ExecutionRequest, ExecutionResult } from './executor.ts';
import { Exhaustion, isExhausted } from './exhaustion.ts';
import { parseEvent } from './parse-event.ts';
import { pipeOf } from './pipe-of.ts';
import { ProcessTree } from './process-tree.ts';
import { spawnOnto } from './spawn-onto.ts';
import {
  CPUS_GRANTED,
  type ModuleRun,
  WORKER_ACCESS,
  WORKER_CPUS,
  WORKER_READY,
  WORKER_STARTED,
  WORKER_UNSEEN,
  type WorkerOrder,
} from './task.ts';
import type { Metered, UsageMeter } from './usage-meter.ts';

/** How a worker came out of a task. */
export interface WorkerOutcome {
  /** Null where the worker was gone before it had begun: nothing has happened. */
  readonly result: ExecutionResult | null;
  /** It can take another task. */
  readonly reusable: boolean;
}

interface CurrentTask extends Pick<ExecutionRequest, 'onEvent' | 'cpus'> {
  readonly resolve: (outcome: WorkerOutcome) => void;
  readonly reject: (error: Exhaustion) => void;
  readonly isFirst: boolean;
  readonly undeclared: Access[];
  readonly metered: Metered;
  started: boolean;
  /** It has run programs, which nobody watched. */
  isUnseen: boolean;
  /** All that it reads counts. */
  readonly findsInputs: boolean;
}

/** A process that runs tasks of one bundle in one environment, one after the other. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #tree: ProcessTree;
  readonly #orders: Writable | null;
  readonly #exited: Promise<void>;
  #current: CurrentTask | null = null;
  /** The log of the task that came last. */
  #logPath: string;
  #callOff = () => {};
  #isNew = true;
  /** How its process ended, where it has. */
  #end: { readonly failure: ExecutionFailure | null } | null = null;

  constructor(workerPath: string, { task, logPath, env }: ExecutionRequest) {
    this.#logPath = logPath;
    const log = openSync(logPath, 'a');
    this.#child = spawnOnto(log, process.execPath, [workerPath], {
      cwd: task.job.workspace,
      env,
      // A group of its own: the terminal's Ctrl-C reaches the engine alone, which then decides.
      detached: true,
      // Events, then orders: the standard input is the stage's, and of its children, which may read it.
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
    });
    this.#orders = pipeOf(this.#child, 4) as Writable | null;
    this.#tree = new ProcessTree(this.#child);
    // Ignored: the worker may end before the pipe is closed.
    this.#orders?.on('error', () => {});
    const events = pipeOf(this.#child, 3);
    if (events !== null) {
      createInterface({ input: events as Readable }).on('line', (line) => this.#read(line));
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        const because = error.message;
        this.#finish({ kind: 'not-started', because }, isExhausted(error));
        resolve();
      });
      this.#child.once('exit', () => this.#current?.metered.end(true));
      // 'close' comes after the last event was read.
      this.#child.once('close', (code, signal) => {
        // Whatever the stage left running ends with it.
        this.#tree.clear();
        const said = readLastWords(this.#logPath);
        this.#finish(code === 0 ? null : { kind: 'module-ended', end: { code, signal, said } });
        resolve();
      });
    });
  }

  /**
   * Gives the worker a task; the one before must have ended.
   *
   * @param packages the address of a file of this program, from which its packages are found
   * @throws Error where the one before has not ended; its result is rejected with {@link
   * Exhaustion} where the system has no room for a process
   */
  run(
    run: ModuleRun,
    { task, logPath, onEvent, cpus }: ExecutionRequest,
    meter: UsageMeter,
    packages: string,
  ): Promise<WorkerOutcome> {
    if (this.#current !== null) throw new Error('a worker was given two tasks at once');
    this.#logPath = logPath;
    const isFirst = this.#isNew;
    this.#isNew = false;
    const order: WorkerOrder = {
      job: task.job,
      run,
      logPath: isFirst ? null : logPath,
      packages,
    };
    const metered = meter.follow(this.#child.pid);
    const outcome = new Promise<WorkerOutcome>((resolve, reject) => {
      this.#current = {
        ...{ onEvent, cpus, resolve, reject, isFirst, undeclared: [], metered },
        ...{ started: false, isUnseen: false, findsInputs: run.findsInputs },
      };
    });
    if (this.#end !== null) this.#finish(this.#end.failure);
    else this.#order(order, cpus);
    return outcome;
  }

  #order(order: WorkerOrder, cpus: ExecutionRequest['cpus']): void {
    const current = this.#current;
    const grant = (count: number) => this.#orders?.write(`${CPUS_GRANTED}${count}\n`);
    grant(order.job.cpus);
    this.#orders?.write(`${JSON.stringify(order)}\n`);
    cpus.follow((count) => {
      if (this.#current === current) grant(count);
    });
  }

  /** Asks the process and all its children to end; forces them after a grace period. */
  stop(): void {
    this.#callOff();
    this.#callOff = this.#tree.end();
  }

  /** Ends an idle worker. */
  async dismiss(): Promise<void> {
    this.#tree.clear();
    await this.#exited;
  }

  #read(line: string): void {
    const current = this.#current;
    if (current === null) return;
    if (line === WORKER_STARTED) current.started = true;
    else if (line === WORKER_UNSEEN) current.isUnseen = true;
    else if (line === WORKER_READY) {
      this.#current = null;
      current.resolve({ result: describeSuccess(current), reusable: true });
    } else if (line.startsWith(WORKER_CPUS)) {
      const cpus = Number(line.slice(WORKER_CPUS.length));
      if (cpus > 0) current.cpus.heed(cpus);
    } else if (line.startsWith(WORKER_ACCESS)) {
      const access = parseAccess(line.slice(WORKER_ACCESS.length));
      if (access !== null) current.undeclared.push(access);
    } else {
      const event = parseEvent(line);
      if (event !== null) current.onEvent(event);
    }
  }

  /**
   * @param failure why the process did not end well; null where it did
   * @param isExhausted it was not started because the system has no process left for it
   */
  #finish(failure: ExecutionFailure | null, isExhausted = false): void {
    this.#callOff();
    this.#end = { failure };
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    current.metered.end();
    const { started, isFirst, resolve, reject } = current;
    if (isExhausted) {
      reject(new Exhaustion(failure?.kind === 'not-started' ? failure.because : ''));
      return;
    }
    const result: ExecutionResult =
      failure === null
        ? describeSuccess(current)
        : { kind: 'failed', failure, undeclared: current.undeclared };
    resolve({ result: started || isFirst ? result : null, reusable: false });
  }
}

/** Of a stage that ran programs nothing is known for sure, unless it did something itself. */
function describeSuccess({
  undeclared,
  isUnseen,
  findsInputs,
  metered,
}: CurrentTask): ExecutionResult {
  const isUnknown = isUnseen && (findsInputs || undeclared.length === 0);
  const usage = metered.end();
  const seen = isUnknown ? null : undeclared;
  return { kind: 'done', undeclared: seen, ...(usage !== null && { usage }) };
}
