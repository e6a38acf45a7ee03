/** The files by which the submitting process and jobs speak: their shapes, and whether to believe them. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobFile } from '../contract/stage.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import type { ExecutionResult } from '../executor/executor.ts';
import type { WorkerTask } from '../executor/task.ts';
import type { Moment } from '../fingerprint/file-clock.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { type ClusterEnvironment, isJsonObject } from '../pipeline-file/types.ts';
import { isSystemError } from '../system/errors.ts';
import { readTail } from '../system/files.ts';
import { syncFile } from '../system/sync-file.ts';

/** The version of all these files. */
export const JOB_SCHEMA = 1;

/** Which job is at some work. */
export interface JobEntry {
  readonly schema: typeof JOB_SCHEMA;
  readonly fingerprint: Fingerprint;
  readonly node: string;
  /** Tells this attempt from all others: an exit file without it is not believed. */
  readonly nonce: string;
  /** The private folder of the attempt. */
  readonly folder: string;
  readonly batch: string;
  readonly index: number;
  readonly since: Moment | null;
}

/** What one call of `sbatch` submitted. */
export interface BatchRecord {
  readonly schema: typeof JOB_SCHEMA;
  /** The job's name in Slurm, by which it is found where its id is not known. */
  readonly name: string;
  /** In milliseconds since the epoch. */
  readonly submittedAt: number;
  readonly arguments: readonly string[];
  readonly environment: ClusterEnvironment;
  /** In the order of their indices. */
  readonly tasks: readonly Pick<JobEntry, 'fingerprint' | 'node' | 'nonce' | 'folder'>[];
}

/** What a job is told and others may read, who are to follow it. */
export interface JobTask {
  readonly schema: typeof JOB_SCHEMA;
  readonly nonce: string;
  /** The file of {@link JobEntry}: a job whose nonce is not there any more ends itself. */
  readonly entry: string;
  readonly stage: string;
  readonly task: WorkerTask;
  /** Variables that the engine decides, whatever modules and prologues set. */
  readonly fixed: readonly string[];
  readonly provided: readonly string[];
  readonly timeoutSeconds: number | null;
  /** Slurm's time limit where the submitter knows it. */
  readonly limitSeconds: number | null;
  readonly signalSeconds: number;
  /** Commands are watched. */
  readonly traces: boolean;
  readonly workerPath: string;
  readonly packages: string;
  /** What stands at each input, see `stampPaths`. */
  readonly stamps: Readonly<Record<string, string>>;
}

/** What a job is told and the user alone may read: the values of variables. */
interface JobSecrets {
  readonly nonce: string;
  readonly env: Readonly<Record<string, string>>;
  /** Texts that no log may show. */
  readonly hidden: readonly string[];
}

/** All that a job is told. */
export type WholeTask = JobTask & JobSecrets;

/** A task has begun on a node. */
export interface StartedFile {
  readonly nonce: string;
  /** Tells a task from itself after Slurm has put it into the queue again: what is left of it ends itself. */
  readonly run: string;
  readonly host: string;
  readonly startedAt: number;
}

/** How a task ended. */
export interface ExitFile {
  readonly schema: typeof JOB_SCHEMA;
  readonly nonce: string;
  readonly host: string;
  readonly startedAt: number;
  readonly seconds: number;
  /** Whether it had all of its work before it; absent where its stage did not begin. */
  readonly isWhole?: boolean;
  /** The version of Node. */
  readonly node: string;
  /** Bytes of its events. */
  readonly told: number;
  /** Names of the variables that the environment set or changed. */
  readonly variables: readonly string[];
  readonly end:
    | { readonly kind: 'ended'; readonly result: ExecutionResult }
    /** It was asked to end, at its time limit or by whoever sent it a signal. */
    | { readonly kind: 'stopped'; readonly isTimeUp: boolean }
    | { readonly kind: 'input-replaced'; readonly path: string }
    | { readonly kind: 'superseded' };
}

/** Where the events of a task are, from its private folder. */
export const TOLD_FILE = 'told.jsonl';
/** Where the log of a task is, from its private folder. */
export const LOG_FILE = 'log';
/** What a task is told, from its private folder. */
export const TASK_FILE = 'job.json';
/** Where its secrets are, from its private folder. */
const SECRETS_FILE = 'secrets.json';

/** Where it is noted what was collected of a task, from its private folder. */
export const COLLECTED_FILE = 'collected.json';

/** The entry of some work; null where none can be read. */
export function readEntry(path: string): JobEntry | null {
  const entry = readObject(path) as Partial<JobEntry> | null;
  const { schema, fingerprint, nonce, folder, batch, index } = entry ?? {};
  const texts = [fingerprint, nonce, folder, batch];
  const isSound = schema === JOB_SCHEMA && texts.every((text) => typeof text === 'string');
  return isSound && Number.isInteger(index) ? (entry as JobEntry) : null;
}

/** What was submitted in a batch; null where that cannot be read. */
export function readBatch(path: string): BatchRecord | null {
  const record = readObject(path) as Partial<BatchRecord> | null;
  const isSound = record?.schema === JOB_SCHEMA && Array.isArray(record.tasks);
  return isSound && typeof record.name === 'string' ? (record as BatchRecord) : null;
}

/** What a job is told; null where that cannot be read. */
export function readJobTask(path: string): JobTask | null {
  const task = readObject(path) as Partial<JobTask> | null;
  const job = (task?.task as { job?: JobFile } | undefined)?.job;
  return task?.schema === JOB_SCHEMA && typeof job?.outputs === 'object' ? (task as JobTask) : null;
}

/** All that a job is told; null where it cannot be read, or is of another attempt. */
export function readWholeTask({
  folder,
  nonce,
}: Pick<JobEntry, 'folder' | 'nonce'>): WholeTask | null {
  const task = readJobTask(join(folder, TASK_FILE));
  const secrets = readObject(join(folder, SECRETS_FILE)) as Partial<JobSecrets> | null;
  const isOfIt = task?.nonce === nonce && secrets?.nonce === nonce;
  const isSound = typeof secrets?.env === 'object' && Array.isArray(secrets.hidden);
  return isOfIt && isSound ? { ...task, ...(secrets as JobSecrets) } : null;
}

/** Writes all that a job is told, durably, into the private folder of its attempt. */
export function writeWholeTask({ env, hidden, ...task }: WholeTask, folder: string): void {
  const secrets: JobSecrets = { nonce: task.nonce, env, hidden };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, TASK_FILE), JSON.stringify(task));
  writeFileSync(join(folder, SECRETS_FILE), JSON.stringify(secrets), { mode: 0o600 });
  for (const name of [TASK_FILE, SECRETS_FILE]) syncFile(join(folder, name));
}

/** When and where a task began; null where that cannot be read. */
export function readStarted(path: string): StartedFile | null {
  const started = readObject(path) as Partial<StartedFile> | null;
  const texts = [started?.nonce, started?.run, started?.host];
  const isSound = texts.every((text) => typeof text === 'string');
  return isSound && typeof started?.startedAt === 'number' ? (started as StartedFile) : null;
}

/** How a task ended, by its exit file; null for one that cannot be read or is not of this nonce. */
export function readExit(path: string, nonce: string): ExitFile | null {
  const exit = readObject(path) as Partial<ExitFile> | null;
  if (exit?.schema !== JOB_SCHEMA || exit.nonce !== nonce) return null;
  const numbers = [exit.startedAt, exit.seconds, exit.told];
  if (typeof exit.host !== 'string' || !numbers.every((one) => typeof one === 'number'))
    return null;
  const { kind } = exit.end ?? {};
  if (kind === 'ended') {
    const end = exit.end as Extract<ExitFile['end'], { kind: 'ended' }>;
    if (end.result?.kind === 'done' || end.result?.kind === 'failed') return exit as ExitFile;
    return null;
  }
  const others = ['stopped', 'input-replaced', 'superseded'];
  return kind !== undefined && others.includes(kind) ? (exit as ExitFile) : null;
}

function readObject(path: string): JsonObject | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Json;
    return isJsonObject(value) ? value : null;
  } catch (error) {
    // It is not there, or not whole yet.
    if (error instanceof SyntaxError || isSystemError(error)) return null;
    throw error;
  }
}

/** The names in a folder of jobs; none where it cannot be read, now: a shared disk may show it late. */
export function listJobFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
}

const SAID_BYTES = 65_536;

/** The end of what a task and Slurm said outside of its stage; nothing where that cannot be read. */
export function readSaid(path: string): string {
  try {
    return readTail(path, SAID_BYTES).toString('utf8');
  } catch (error) {
    if (isSystemError(error)) return '';
    throw error;
  }
}
