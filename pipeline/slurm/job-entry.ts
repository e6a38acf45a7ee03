/**
 * What a job of Slurm runs on its node: reads its task from the shared disk, runs it as the engine
 * runs stages, and leaves an exit file, last.
 */

import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTracer } from '../audit/strace.ts';
import type { StageEvent } from '../contract/stage.ts';
import { beginsAnew } from '../executor/begins-anew.ts';
import { type Execution, type ExecutionResult, UNTRACED } from '../executor/executor.ts';
import { LocalExecutor } from '../executor/local-executor.ts';
import type { CommandPiece } from '../executor/task.ts';
import { UsageMeter } from '../executor/usage-meter.ts';
import { writeFileAtomic } from '../system/files.ts';
import { makeNonce } from '../system/nonce.ts';
import { removePath } from '../system/remove-path.ts';
import { makeJobEnvironment, takeVariablesBefore } from './job-environment.ts';
import {
  type ExitFile,
  JOB_SCHEMA,
  type JobTask,
  LOG_FILE,
  readBatch,
  readExit,
  readWholeTask,
  TOLD_FILE,
  type WholeTask,
} from './job-files.ts';
import { BatchLayout } from './jobs-layout.ts';
import { askPatiently, bearsMark, isBoth } from './patient-reads.ts';
import { findReplaced } from './stamp-paths.ts';

/** How often a job looks whether it is still wanted. */
const BEAT_MS = 10_000;
/** A signal so long before the time limit means the time limit. */
const SLACK_SECONDS = 45;

/** Slurm sends its signals to all processes of a job: one may end the stage before it is heard of here. */
const SIGNAL_MS = 500;

/** A job that was asked to end, or that another has replaced. */
type Stop = 'signal' | 'superseded' | null;

async function main(): Promise<void> {
  const batch = new BatchLayout(process.argv[2] ?? '');
  const index = Number(process.env['SLURM_ARRAY_TASK_ID'] ?? 0);
  const before = takeVariablesBefore(join(batch.folder, `before-${index}`));
  const told = readBatch(batch.record)?.tasks[index];
  const task = told === undefined ? null : readWholeTask(told);
  if (told === undefined || task === null) {
    throw new Error(`there is no task ${index} in ${batch.folder}: it was given up`);
  }
  const startedAt = Date.now();
  const exitPath = join(batch.ended, `${index}.json`);
  const earlier = readExit(exitPath, task.nonce)?.end.kind;
  // Put into the queue again after it had done its work, which a node that fails may make Slurm do.
  if (earlier === 'ended') return;
  removePath(exitPath);
  const { env, changed } = makeJobEnvironment(task, process.env, before);
  const common = { schema: JOB_SCHEMA, nonce: task.nonce, host: hostname(), startedAt } as const;
  const run = makeNonce();
  const startedPath = join(batch.started, `${index}.json`);
  const isCurrent = () => bearsMark(task.entry, 'nonce', task.nonce);
  const isWanted = () => isBoth(isCurrent(), bearsMark(startedPath, 'run', run));
  const end = await carryOut(moveOutputs(task, join(told.folder, run)), told.folder, {
    env,
    // Of its own: an earlier run of the task has left there what it told.
    work: join(told.folder, `work-${run}`),
    isCurrent,
    isWanted,
    begin: () => writeFileAtomic(startedPath, JSON.stringify({ ...common, run }), batch.folder),
  });
  // Slurm has put it into the queue again, and it runs elsewhere: nothing is said for that one.
  if (end.end.kind === 'superseded' && isCurrent() !== false) return;
  bringOutputs(task, join(told.folder, run));
  const exit: ExitFile = {
    ...common,
    seconds: (Date.now() - startedAt) / 1000,
    node: process.version,
    told: end.told,
    variables: changed,
    end: end.end,
    ...(end.isWhole === undefined ? {} : { isWhole: end.isWhole }),
  };
  writeFileAtomic(exitPath, `${JSON.stringify(exit)}\n`, batch.folder);
}

/** A task whose outputs go to a folder of this run of it: another may still write to its own. */
function moveOutputs(task: WholeTask, folder: string): WholeTask {
  const { job, run } = task.task;
  const moved = new Map(
    Object.entries(job.outputs).map(([name, path]) => [path, outputIn(folder, name, path)]),
  );
  const move = (path: string) => moved.get(path) ?? path;
  const outputs = Object.fromEntries(
    Object.entries(job.outputs).map(([name, path]) => [name, move(path)]),
  );
  const inCommand = (piece: CommandPiece): CommandPiece =>
    piece.kind === 'text' ? piece : { ...piece, values: piece.values.map(move) };
  return {
    ...task,
    task: {
      job: { ...job, outputs },
      run: run.kind === 'module' ? run : { ...run, command: run.command.map(inCommand) },
    },
  };
}

function outputIn(folder: string, name: string, path: string): string {
  return join(folder, name, basename(path));
}

/** Puts what this run made where the submitting process looks for it. */
function bringOutputs({ task }: JobTask, folder: string): void {
  for (const [name, path] of Object.entries(task.job.outputs)) {
    const made = dirname(outputIn(folder, name, path));
    if (!existsSync(made)) continue;
    removePath(dirname(path));
    mkdirSync(dirname(dirname(path)), { recursive: true });
    renameSync(made, dirname(path));
  }
}

/** What running a task needs beside it. */
interface RunMeans {
  readonly env: Record<string, string>;
  /** The folder of what this run keeps for itself. */
  readonly work: string;
  /** Whether this task is the one that is at the work; undefined where the disk does not say. */
  readonly isCurrent: () => boolean | undefined;
  /** Whether this run of the task is the one that counts, likewise. */
  readonly isWanted: () => boolean | undefined;
  readonly begin: () => void;
}

/** Runs a stage as the engine does on its own machine. */
async function carryOut(
  task: WholeTask,
  folder: string,
  { env, work, isCurrent, isWanted, begin }: RunMeans,
): Promise<Pick<ExitFile, 'end' | 'told' | 'isWhole'>> {
  if (!(await askPatiently(isCurrent))) return { end: { kind: 'superseded' }, told: 0 };
  const path = await askPatiently(() => findReplaced(task.stamps));
  if (path !== null) return { end: { kind: 'input-replaced', path }, told: 0 };
  // What an earlier run of it told is gone before this one is seen to begin.
  const events = new EventWriter(join(folder, TOLD_FILE));
  begin();
  const { job } = task.task;
  const isWhole = beginsAnew(job);
  for (const path of Object.values(job.outputs)) mkdirSync(dirname(path), { recursive: true });
  mkdirSync(job.scratch, { recursive: true });
  const tracer = task.traces ? findTracer(process.env) : null;
  const tracing =
    tracer !== null && 'tracer' in tracer ? { tracer: tracer.tracer, all: true } : UNTRACED;
  const watching = { tracing, meter: new UsageMeter() };
  const executor = new LocalExecutor(task.workerPath, watching, task.packages);
  const execution = executor.start({
    task: task.task,
    stage: task.stage,
    timeoutSeconds: task.timeoutSeconds,
    hidden: task.hidden,
    taskPath: join(work, 'task.json'),
    logPath: join(folder, LOG_FILE),
    env,
    provided: task.provided,
    onEvent: events.write,
    cpus: { follow: () => {}, heed: () => {} },
  });
  const { result, stop } = await watchOver(execution, isWanted);
  await executor.close();
  if (!(await askPatiently(isWanted))) return { end: { kind: 'superseded' }, told: 0 };
  const after = await askPatiently(() => findReplaced(task.stamps));
  return { end: judge(result, stop, after, task), told: events.written, isWhole };
}

/** Follows a stage to its end, and ends it at a signal, or where this job is no longer wanted. */
async function watchOver(
  execution: Execution,
  isWanted: RunMeans['isWanted'],
): Promise<{ readonly result: ExecutionResult; readonly stop: Stop }> {
  let stop: Stop = null;
  const end = (why: Stop) => {
    stop ??= why;
    execution.stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end('signal'));
  const beat = setInterval(() => {
    if (isWanted() === false) end('superseded');
  }, BEAT_MS);
  try {
    const result = await execution.result;
    if (result.kind === 'failed' && stop === null) await sleep(SIGNAL_MS);
    return { result, stop };
  } finally {
    clearInterval(beat);
  }
}

function judge(
  result: ExecutionResult,
  stop: Stop,
  replaced: string | null,
  { limitSeconds, signalSeconds }: JobTask,
): ExitFile['end'] {
  if (stop === 'superseded') return { kind: 'superseded' };
  // One that ended well although it was asked to end has its result.
  if (stop === 'signal' && result.kind !== 'done') {
    const end = Number(process.env['SLURM_JOB_END_TIME'] ?? Number.NaN);
    const left = Number.isNaN(end)
      ? (limitSeconds ?? Number.POSITIVE_INFINITY) - process.uptime()
      : end - Date.now() / 1000;
    return { kind: 'stopped', isTimeUp: left <= signalSeconds + SLACK_SECONDS };
  }
  if (replaced !== null) return { kind: 'input-replaced', path: replaced };
  return { kind: 'ended', result };
}

/** Appends events to a file as lines. */
class EventWriter {
  readonly #path: string;
  written = 0;

  constructor(path: string) {
    this.#path = path;
    // What an attempt told that was put into the queue again is told again.
    writeFileSync(path, '');
  }

  readonly write = (event: StageEvent): void => {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    appendFileSync(this.#path, line);
    this.written += line.length;
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    process.exit(1);
  },
);
