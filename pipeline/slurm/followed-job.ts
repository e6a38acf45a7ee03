/** One job as its run sees it: from its submission, or from where it was found, to its end. */

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeExecution } from '../executor/describe-execution.ts';
import type { Execution, ExecutionResult, JobEnd, PlacedRequest } from '../executor/executor.ts';
import { isSystemError } from '../system/errors.ts';
import { EventTail } from './event-tail.ts';
import { COLLECTED_FILE, type ExitFile, type JobEntry, readSaid } from './job-files.ts';
import { type JobState, judgeEnd, judgeRetry, nameTask } from './job-states.ts';
import type { JobJournal } from './journal.ts';
import type { WatchedTask } from './watched-task.ts';

/** So long the events of a job that has ended are waited for, which a shared disk may show late. */
const MOST_LOOKS = 20;
/** The status of a shell whose program was ended by SIGKILL. */
const KILLED = 137;

/** Turns what is seen of a job into an execution. */
export class FollowedJob {
  readonly #request: PlacedRequest;
  readonly #journal: JobJournal;
  readonly #showLog: () => void;
  readonly #tail: EventTail;
  #resolve: (result: ExecutionResult) => void = () => {};
  #looks = 0;
  readonly result: Execution['result'];
  /** Null until it is written down. */
  entry: JobEntry | null = null;
  /** Whether Slurm has it, as far as this process knows. */
  isSubmitted = false;
  isStopped = false;
  isOver = false;

  /** @param copyLog brings the log to its place where that is no link */
  constructor(request: PlacedRequest, journal: JobJournal, copyLog: () => void) {
    this.#request = request;
    this.#journal = journal;
    this.#showLog = copyLog;
    this.#tail = new EventTail(folderOf(request), request.onEvent);
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** What a watch needs of it. */
  watched(entry: JobEntry): WatchedTask {
    this.entry = entry;
    const { onEvent } = this.#request;
    return {
      entry,
      onState: (text) => onEvent({ type: 'line', text: `job ${this.#job} ${text}` }),
      onOddWait: (reason) => {
        const text = `job ${this.#job} waits in Slurm for a reason that may not pass by itself: ${reason}`;
        onEvent({ type: 'message', level: 'warning', text });
      },
      onHidden: () => {
        const folder = this.#journal.layout.batch(entry.batch).folder;
        const text = `job ${this.#job} is another user's, of which Slurm shows nothing here: what it leaves on the disk is waited for (where it is gone for good, remove ${folder})`;
        onEvent({ type: 'message', level: 'warning', text });
      },
      onQueuedAgain: (why) => this.#tellAgain(why),
      onBegunAgain: () => this.#tail.restart(),
      look: () => this.#tail.look(),
      onExit: (exit, state) => this.#takeExit(exit, state),
      onEnd: (end) => this.end(end),
    };
  }

  #tellAgain(why: JobEnd | null): void {
    const job = this.#job;
    const what =
      why === null
        ? `job ${job}`
        : `${describeExecution({ kind: 'job-ended', job, end: why })}, and`;
    const text = `${what} is in Slurm's queue again`;
    this.#request.onEvent({ type: 'message', level: 'warning', text });
    this.#note(why === null ? text : `its job ${text}`);
  }

  /** Slurm does not let this user cancel it. */
  tellDenied(said: string): void {
    const text = `job ${this.#job} goes on, as Slurm does not let you cancel it: ${said}`;
    this.#request.onEvent({ type: 'message', level: 'warning', text });
  }

  /** It is over without a result of its stage. */
  end(end: JobEnd): void {
    if (this.isOver) return;
    if (this.isStopped) {
      this.giveUp();
      return;
    }
    const failure = { kind: 'job-ended', job: this.#job, end } as const;
    const retry = judgeRetry(end);
    this.#note(`its job ${describeExecution(failure)}`);
    this.#finish({ kind: 'failed', failure, ...(retry === undefined ? {} : { retry }) });
  }

  /** It was stopped. */
  giveUp(): void {
    this.#finish({ kind: 'failed', failure: { kind: 'stopped-early' } });
  }

  /** It goes on by itself. */
  leave(): void {
    this.#finish({ kind: 'detached' });
  }

  #finish(result: ExecutionResult): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#tail.look();
    this.#showLog();
    this.#resolve(result);
  }

  /** What Slurm calls it, for people. */
  get #job(): string {
    if (this.entry === null) return 'unknown';
    const task = this.#journal.taskOf(this.entry);
    return task === null ? this.entry.batch : nameTask(task);
  }

  /** @returns whether the exit file says all that there is to know */
  #takeExit(exit: ExitFile, state: JobState | null): boolean {
    const { end } = exit;
    if (end.kind === 'superseded') return this.#endBy({ kind: 'lost' });
    if (end.kind === 'input-replaced') return this.#endBy(end);
    if (end.kind === 'stopped' && this.isStopped) return this.#endBy({ kind: 'cancelled', by: '' });
    if (end.kind === 'stopped') return this.#takeStop(end.isTimeUp, state);
    this.#tail.look();
    this.#looks += 1;
    if (!this.#tail.hasRead(exit.told) && this.#looks < MOST_LOOKS) return false;
    const { result } = end;
    if (result.kind === 'failed' && wasKilled(result)) {
      // Slurm kills what takes too much memory, and says so when the job is over.
      if (state === null) return false;
      const why = this.#judge(state);
      if (why.kind === 'out-of-memory') return this.#endBy(why);
    }
    this.#finish(result.kind === 'done' ? this.#place(result, exit) : result);
    return true;
  }

  /** One that was asked to end may run again: Slurm puts what it preempts back into the queue. */
  #takeStop(isTimeUp: boolean, state: JobState | null): boolean {
    if (isTimeUp) return this.#endBy({ kind: 'time-limit' });
    if (state === null) return false;
    const why = this.#judge(state);
    return this.#endBy(why.kind === 'not-begun' ? { kind: 'cancelled', by: '' } : why);
  }

  #judge(state: JobState): JobEnd {
    return judgeEnd(state, this.#readSaid());
  }

  #endBy(end: JobEnd): true {
    this.end(end);
    return true;
  }

  #place(result: Extract<ExecutionResult, { kind: 'done' }>, exit: ExitFile): ExecutionResult {
    const { host, startedAt, seconds, isWhole = null, node, variables } = exit;
    const environment = this.#journal.batch(this.entry?.batch ?? '')?.environment;
    const slurm = {
      job: this.#job,
      environment: {
        ...environment,
        modules: [...(environment?.modules ?? [])],
        apptainer: [...(environment?.apptainer ?? [])],
      },
      variables: [...variables],
    };
    const note = join(folderOf(this.#request), COLLECTED_FILE);
    return { ...result, elsewhere: { host, startedAt, seconds, isWhole, node, slurm, note } };
  }

  #readSaid(): string {
    if (this.entry === null) return '';
    const { batch, index } = this.entry;
    return readSaid(this.#journal.layout.batch(batch).said(index));
  }

  /** For the reader of the log: what became of the job, and what it said outside of its stage. */
  #note(line: string): void {
    const said = this.#readSaid().trimEnd();
    try {
      appendFileSync(this.#request.logPath, `${said === '' ? '' : `${said}\n`}${line}\n`);
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
}

function folderOf({ taskPath }: PlacedRequest): string {
  return taskPath.slice(0, taskPath.lastIndexOf('/'));
}

function wasKilled({ failure }: Extract<ExecutionResult, { kind: 'failed' }>): boolean {
  if (failure.kind !== 'command-ended' && failure.kind !== 'module-ended') return false;
  return failure.end.signal === 'SIGKILL' || failure.end.code === KILLED;
}
