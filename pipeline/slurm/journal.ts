/** The durable journal: which job is at which work, written before it is submitted. */

import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Fingerprint } from '../fingerprint/record.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { removeEmptyFolder, removePath, removeTemporary } from '../system/remove-path.ts';
import {
  type BatchRecord,
  type JobEntry,
  listJobFiles,
  readBatch,
  readEntry,
} from './job-files.ts';
import type { SlurmTask } from './job-states.ts';
import { JobsLayout } from './jobs-layout.ts';

const MOST_TRIES = 20;
/** What Slurm's programs answer with `--parsable`: an id, and of a federation its cluster. */
const ANSWER = /^(\d+)(;\S*)?\s*$/;

/** A workspace's jobs on disk. Each work has one entry, held by whoever has its lease. */
export class JobJournal {
  readonly layout: JobsLayout;
  readonly #state: StateLayout;
  readonly #batches = new Map<string, BatchRecord>();
  readonly #ids = new Map<string, string>();
  /** Of batches, how many of their tasks have an entry. */
  readonly #left = new Map<string, number>();

  constructor(state: StateLayout) {
    this.#state = state;
    this.layout = new JobsLayout(state);
  }

  /** The job that is at some work; null where none is. */
  find(fingerprint: Fingerprint): JobEntry | null {
    const path = this.layout.entry(fingerprint);
    return existsSync(path) ? readEntry(path) : null;
  }

  /** Whether an entry still says what it did: another attempt may have taken its place. */
  isCurrent({ fingerprint, nonce }: JobEntry): boolean {
    return this.find(fingerprint)?.nonce === nonce;
  }

  /** All entries. */
  list(): JobEntry[] {
    return listJobFiles(this.layout.entries).flatMap((part) => {
      const folder = join(this.layout.entries, part);
      return listJobFiles(folder).flatMap((name) => readEntry(join(folder, name)) ?? []);
    });
  }

  /** What was submitted in a batch, which never changes; null where that cannot be read. */
  batch(name: string): BatchRecord | null {
    const known = this.#batches.get(name) ?? readBatch(this.layout.batch(name).record);
    if (known !== null) this.#batches.set(name, known);
    return known;
  }

  /** Writes down a batch and its tasks, durably: from then on they are found by whoever comes next. */
  keep(batch: string, record: BatchRecord, entries: readonly JobEntry[]): void {
    const paths = this.layout.batch(batch);
    for (const folder of [paths.folder, paths.started, paths.ended]) {
      mkdirSync(folder, { recursive: true });
    }
    this.#write(paths.record, record);
    for (const entry of entries) this.#write(this.layout.entry(entry.fingerprint), entry);
  }

  /** The id that Slurm gave a batch; null where `sbatch` did not come to say it. */
  idOf(batch: string): string | null {
    const known = this.#ids.get(batch);
    if (known !== undefined) return known;
    try {
      const answer = readFileSync(this.layout.batch(batch).answer, 'utf8');
      const id = ANSWER.exec(answer)?.[1] ?? null;
      if (id !== null) this.#ids.set(batch, id);
      return id;
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  /** What Slurm calls the task of an entry; null where its batch has no id. */
  taskOf({ batch, index }: JobEntry, job = this.idOf(batch)): SlurmTask | null {
    const isArray = (this.batch(batch)?.tasks.length ?? 1) > 1;
    return job === null ? null : { job, index, isArray };
  }

  /** Notes an id that was found otherwise. */
  noteId(batch: string, id: string): void {
    writeFileAtomic(this.layout.batch(batch).answer, `${id}\n`, this.#state.temporary);
  }

  /** Milliseconds since a batch was written down, by the clock of the disk that holds it. */
  ageOf(batch: string, now: number): number {
    const written = statSync(this.layout.batch(batch).record, { throwIfNoEntry: false });
    return written === undefined ? Number.POSITIVE_INFINITY : now - written.mtimeMs;
  }

  /** Whether another user has submitted a batch; not known, and no, where its folder is gone. */
  isOfAnother(batch: string): boolean {
    const stats = statSync(this.layout.batch(batch).folder, { throwIfNoEntry: false });
    return stats !== undefined && stats.uid !== process.geteuid?.();
  }

  /** Forgets an attempt and removes its folder, and that of its batch with the last one. */
  drop(entry: JobEntry): void {
    const record = this.batch(entry.batch);
    const left = (this.#left.get(entry.batch) ?? this.#count(record, entry.batch)) - 1;
    this.#left.set(entry.batch, left);
    if (this.isCurrent(entry)) {
      const path = this.layout.entry(entry.fingerprint);
      removePath(path);
      // Without any entry no run looks for jobs.
      removeEmptyFolder(dirname(path));
      removeEmptyFolder(this.layout.entries);
    }
    removeTemporary(entry.folder);
    if (left > 0) return;
    this.#batches.delete(entry.batch);
    this.#ids.delete(entry.batch);
    this.#left.delete(entry.batch);
    removeTemporary(this.layout.batch(entry.batch).folder);
  }

  #count(record: BatchRecord | null, batch: string): number {
    const tasks = record?.tasks ?? [];
    return tasks.filter(({ fingerprint }) => this.find(fingerprint)?.batch === batch).length;
  }

  #write(path: string, value: JobEntry | BatchRecord): void {
    const text = `${JSON.stringify(value)}\n`;
    for (let tries = 1; ; tries++) {
      try {
        writeFileAtomic(path, text, this.#state.temporary);
        return;
      } catch (error) {
        // Another process has just removed the folder, which was empty.
        if (!isErrorCode(error, 'ENOENT') || tries === MOST_TRIES) throw error;
      }
    }
  }
}
