/** Tasks → jobs: those of one kind that come within a moment go to Slurm as one array. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterEnvironment } from '../pipeline-file/types.ts';
import { groupByKey } from '../system/group-by.ts';
import { makeNonce } from '../system/nonce.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { AskedJob } from './ask-for.ts';
import {
  type BatchRecord,
  JOB_SCHEMA,
  type JobEntry,
  type WholeTask,
  writeWholeTask,
} from './job-files.ts';
import type { JobJournal } from './journal.ts';
import { isSilence, type SlurmClient } from './slurm-client.ts';
import { writeArguments, writeScript } from './write-batch.ts';

/** Others that come within this time go along; a first one waits no longer than the second. */
const MOMENT_MS = 300;
const LONGEST_MS = 3_000;
/**
 * While many are in Slurm, places become free one by one, and each would be a job of its own. One for so many
 * that are there is waited for, or that part of the time for which they have been: a delay of one part in so many.
 */
const PART = 50;
const LONGEST_PART_MS = 60_000;
/** What mostly passes by itself: a busy controller, a limit of queued jobs. */
const PASSING = /temporarily|MaxSubmit|MaxJobs|job count limit/i;
/** This passes when jobs of one's own end, however long that takes. */
const FULL = /MaxSubmit|MaxJobs/i;
const FIRST_WAIT_MS = 2_000;
const MOST_WAITS = 9;
/** So often Slurm knows of no job of a name before one is submitted again that may have been taken. */
const MOST_NOES = 4;
/** What was asked has not come as far as the controller. */
const UNREACHED = /connect failure|connection refused/i;

/** A task that is to be submitted. */
export interface NewTask {
  readonly entry: Omit<JobEntry, 'batch' | 'index' | 'schema'>;
  readonly stage: string;
  readonly asked: AskedJob;
  readonly task: WholeTask;
  /** Whether it is still to be submitted; who says no tells its run. */
  readonly isWanted: () => boolean;
  /** Told where the task is, just before it is submitted. */
  readonly onKept: (entry: JobEntry) => void;
  /** Told what Slurm has against it; null where it took it. */
  readonly onSubmitted: (refusal: string | null) => void;
}

/** What does not change from one batch to the next. */
export interface SubmitterParts {
  readonly workspace: string;
  readonly journal: JobJournal;
  readonly client: SlurmClient;
  readonly environment: ClusterEnvironment;
  readonly throttle: number;
  readonly signalSeconds: number;
  /** How many tasks are in Slurm, and for how long the first of them has been. */
  readonly measureLoad: () => { readonly tasks: number; readonly oldestMs: number };
  /** The file of the program that runs on nodes. */
  readonly program: string;
  /** Aborted when the run is interrupted: nothing is tried again then. */
  readonly signal: AbortSignal;
}

/** Submits tasks, many at once where they ask for the same. */
export class Submitter {
  readonly #parts: SubmitterParts;
  #waiting: NewTask[] = [];
  #timer: NodeJS.Timeout | undefined;
  #since = 0;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
  }

  add(task: NewTask): void {
    if (this.#waiting.length === 0) this.#since = Date.now();
    this.#waiting.push(task);
    clearTimeout(this.#timer);
    const { tasks, oldestMs } = this.#parts.measureLoad();
    const longest = Math.min(Math.max(LONGEST_MS, oldestMs / PART), LONGEST_PART_MS);
    const left = Math.max(0, longest - (Date.now() - this.#since));
    const isEnough = this.#waiting.length * PART >= tasks;
    this.#timer = setTimeout(() => this.#flush(), isEnough ? Math.min(MOMENT_MS, left) : left);
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const kinds = groupByKey(waiting, ({ stage, asked }) => JSON.stringify([stage, asked.options]));
    for (const kind of kinds.values()) {
      let tasks: readonly NewTask[] = kind;
      while (tasks.length > 0) tasks = await this.#submitSome(tasks);
    }
  }

  /** Submits as many tasks of a kind as an array may have. @returns the others */
  async #submitSome(tasks: readonly NewTask[]): Promise<NewTask[]> {
    const { client } = this.#parts;
    const facts = await client.describe().catch((error: unknown) => wordError(error));
    // While Slurm was asked, or took others, some may have been stopped, or lost their lease.
    const wanted = tasks.filter(({ isWanted }) => isWanted());
    const isSaid = typeof facts === 'string';
    const some = isSaid ? wanted : wanted.slice(0, facts.mostTasks);
    const refusal = isSaid ? facts : await this.#submit(some).catch(wordError);
    // Those of other arrays may be in Slurm by now.
    for (const { onSubmitted } of some) onSubmitted(refusal);
    return wanted.slice(some.length);
  }

  /** Submits one array. @returns what Slurm has against it; null where it took it */
  async #submit(tasks: readonly NewTask[]): Promise<string | null> {
    const [first] = tasks;
    if (first === undefined) return null;
    const { journal } = this.#parts;
    const batch = makeNonce();
    const paths = journal.layout.batch(batch);
    const entries = tasks.map(({ entry }, index): JobEntry => {
      return { ...entry, schema: JOB_SCHEMA, batch, index };
    });
    const record: BatchRecord = {
      schema: JOB_SCHEMA,
      name: `${first.stage}-${batch}`,
      submittedAt: Date.now(),
      arguments: this.#writeArguments(batch, tasks),
      environment: this.#parts.environment,
      tasks: entries.map(({ fingerprint, node, nonce, folder }) => ({
        fingerprint,
        node,
        nonce,
        folder,
      })),
    };
    for (const { task, entry } of tasks) writeWholeTask(task, entry.folder);
    mkdirSync(paths.folder, { recursive: true });
    this.#writeScript(batch);
    journal.keep(batch, record, entries);
    for (const [i, { onKept }] of tasks.entries()) onKept(entries[i] as JobEntry);
    const isWanted = () => tasks.some((task) => task.isWanted());
    return this.#callPatiently(record, paths.answer, isWanted);
  }

  /**
   * Submits, again where what keeps Slurm from it passes, but never what it took without saying so. For a
   * controller that does not answer it waits as long as it takes.
   */
  async #callPatiently(
    record: BatchRecord,
    answer: string,
    isWanted: () => boolean,
  ): Promise<string | null> {
    for (let waits = 0; ; waits++) {
      const refusal = await this.#parts.client.submit(record.arguments, answer);
      if (refusal === null) return null;
      const isFull = FULL.test(refusal) && this.#parts.measureLoad().tasks > 0;
      const isPassing =
        isSilence(refusal) || isFull || (PASSING.test(refusal) && waits < MOST_WAITS);
      if (!isPassing || !(await this.#wait(FIRST_WAIT_MS * 2 ** Math.min(waits, 5))))
        return refusal;
      const taken = await this.#findTaken(record, isSilence(refusal) && !UNREACHED.test(refusal));
      if (taken === 'interrupted') return refusal;
      if (taken === null && isWanted()) continue;
      if (taken === null) return refusal;
      writeFileSync(answer, `${taken.id}\n`);
      return null;
    }
  }

  /**
   * Whether Slurm has taken a batch of which it did not say so.
   *
   * @param isUnclear it may have: one answer that knows of none is not enough, as it may be of before
   * @returns null where it has not
   */
  async #findTaken(
    { name, submittedAt }: BatchRecord,
    isUnclear: boolean,
  ): Promise<{ readonly id: string } | 'interrupted' | null> {
    for (let [noes, waits] = [0, 0]; ; waits++) {
      try {
        const id = await this.#parts.client.findByName(name, submittedAt);
        if (id !== null) return { id };
        noes++;
      } catch {
        // No answer is no answer.
      }
      if (noes >= (isUnclear ? MOST_NOES : 1)) return null;
      if (!(await this.#wait(FIRST_WAIT_MS * 2 ** Math.min(waits, 5)))) return 'interrupted';
    }
  }

  /** @returns whether the run still goes on */
  async #wait(ms: number): Promise<boolean> {
    const { signal } = this.#parts;
    if (!signal.aborted) await sleep(ms, undefined, { signal }).catch(() => {});
    return !signal.aborted;
  }

  #writeArguments(batch: string, tasks: readonly NewTask[]): string[] {
    const { workspace, journal, signalSeconds, throttle } = this.#parts;
    const paths = journal.layout.batch(batch);
    const [first] = tasks;
    const index = tasks.length > 1 ? '%a' : '0';
    return writeArguments({
      name: `${first?.stage}-${batch}`,
      comment: `pipeline ${basename(workspace)} ${batch}`,
      workspace,
      // In this option a percent sign begins a place for something.
      said: join(paths.folder.replaceAll('%', '%%'), `said-${index}`),
      script: paths.script,
      options: first?.asked.options ?? [],
      signalSeconds,
      tasks: tasks.length,
      throttle,
    });
  }

  #writeScript(batch: string): void {
    const { workspace, journal, environment, program } = this.#parts;
    const paths = journal.layout.batch(batch);
    const text = writeScript({
      workspace,
      node: environment.node ?? process.execPath,
      entry: program,
      batch: paths.folder,
      environment,
      resolve: (path) => resolveIn(workspace, path),
    });
    writeFileSync(paths.script, text);
    chmodSync(paths.script, 0o755);
  }
}

function wordError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
