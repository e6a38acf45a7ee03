/** What the program of a job does on its node, without running a stage: reads its task, leaves its files. */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionResult } from '../../pipeline/executor/executor.ts';
import {
  type BatchRecord,
  type ExitFile,
  JOB_SCHEMA,
  type JobTask,
  readEntry,
  readExit,
  readJobTask,
  readStarted,
  TASK_FILE,
  TOLD_FILE,
} from '../../pipeline/slurm/job-files.ts';
import { BatchLayout } from '../../pipeline/slurm/jobs-layout.ts';
import { removePath } from '../../pipeline/system/remove-path.ts';

/** One run of a task on a node. */
export class TaskOnNode {
  readonly #batch: BatchLayout;
  readonly #index: number;
  readonly #folder: string;
  readonly #task: JobTask;
  readonly #run: string;
  readonly #host: string;
  readonly #startedAt = Date.now();
  #told = 0;

  private constructor(
    place: { batch: BatchLayout; index: number; folder: string; task: JobTask },
    run: string,
    host: string,
  ) {
    this.#batch = place.batch;
    this.#index = place.index;
    this.#folder = place.folder;
    this.#task = place.task;
    this.#run = run;
    this.#host = host;
  }

  /**
   * @param run names this run among those of the task
   * @returns null where there is nothing to do: another job is at the work, or it is done
   */
  static begin(record: BatchRecord, folder: string, index: number, run: string, host: string) {
    const batch = new BatchLayout(folder);
    const told = record.tasks[index];
    const task = told === undefined ? null : readJobTask(join(told.folder, TASK_FILE));
    if (told === undefined || task?.nonce !== told.nonce) return null;
    if (readExit(join(batch.ended, `${index}.json`), task.nonce)?.end.kind === 'ended') return null;
    removePath(join(batch.ended, `${index}.json`));
    const one = new TaskOnNode({ batch, index, folder: told.folder, task }, run, host);
    if (readEntry(task.entry)?.nonce !== task.nonce) return null;
    one.#write(batch.started, { run });
    one.#tell('');
    return one;
  }

  /** Whether no other run of the work has taken its place. */
  get isWanted(): boolean {
    const { nonce, entry } = this.#task;
    const started = readStarted(join(this.#batch.started, `${this.#index}.json`));
    return readEntry(entry)?.nonce === nonce && started?.run === this.#run;
  }

  /** The stage ended well: its output, its exit file last. @returns what brings that into sight */
  finish(): () => void {
    const { job } = this.#task.task;
    for (const path of Object.values(job.outputs)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${job.node}\n`);
    }
    this.#tell('\n');
    const result: ExecutionResult = { kind: 'done', undeclared: null };
    return () => this.#leave({ kind: 'ended', result });
  }

  /** The stage exited with status 1. */
  fail(): void {
    const end = { code: 1, signal: null, said: '' };
    this.#leave({
      kind: 'ended',
      result: { kind: 'failed', failure: { kind: 'command-ended', end } },
    });
  }

  /** It was asked to end. */
  stop(isTimeUp: boolean): void {
    this.#leave({ kind: 'stopped', isTimeUp });
  }

  #leave(end: ExitFile['end']): void {
    const seconds = (Date.now() - this.#startedAt) / 1000;
    const facts = { seconds, node: process.version, told: this.#told, variables: [] };
    this.#write(this.#batch.ended, { ...facts, end });
  }

  #tell(before: string): void {
    const event = { type: 'metrics', step: this.#told, values: { run: this.#run } };
    const line = `${JSON.stringify(event)}\n`;
    const flag = before === '' ? 'w' : 'a';
    writeFileSync(join(this.#folder, TOLD_FILE), line, { flag });
    this.#told += Buffer.byteLength(line);
  }

  #write(folder: string, more: object): void {
    const { nonce } = this.#task;
    const common = { schema: JOB_SCHEMA, nonce, host: this.#host, startedAt: this.#startedAt };
    const aside = join(this.#batch.folder, `aside-${this.#index}`);
    writeFileSync(aside, `${JSON.stringify({ ...common, ...more })}\n`);
    renameSync(aside, join(folder, `${this.#index}.json`));
  }
}
