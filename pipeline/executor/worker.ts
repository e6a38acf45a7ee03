import { readFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { StageContext, StageEvent, StageModule } from '../job/contract.ts';
import { runCommand } from './run-command.ts';
import type { WorkerTask } from './task.ts';

/**
 * The stage process: runs one task and exits 0, or prints why not and exits 1.
 *
 * Events go to file descriptor 3 as JSON lines. Standard input is a pipe that the engine holds
 * open: its end means that the engine is gone, and then this process group ends too.
 */
const EVENTS_FD = 3;
const PROGRESS_INTERVAL_MS = 50;

async function main(): Promise<void> {
  const [taskPath] = process.argv.slice(2);
  if (taskPath === undefined) throw new Error('a worker is started with the path of its task');
  const task = JSON.parse(readFileSync(taskPath, 'utf8')) as WorkerTask;
  const abort = new AbortController();
  process.once('SIGTERM', () => {
    abort.abort();
    // A stage that ignores the signal is ended all the same.
    setTimeout(() => process.exit(143), 2_000).unref();
  });
  watchEngine();
  process.setSourceMapsEnabled(true);
  const context: StageContext = { ...task.job, emit: makeEmitter(), signal: abort.signal };
  try {
    if (task.run.kind === 'module') {
      const url = pathToFileURL(task.run.bundle).href;
      const stage = (await import(url)) as Partial<StageModule>;
      if (typeof stage.run !== 'function') {
        throw Object.assign(new Error(`${task.run.module} exports no function named run`), {
          name: 'StageFailure',
        });
      }
      await stage.run(context);
    } else await runCommand(task.run.command, task.job, abort.signal);
  } catch (error) {
    console.error(describeFailure(error));
    process.exitCode = abort.signal.aborted ? 143 : 1;
  }
  // A stage that leaves a handle open is done all the same.
  process.exit();
}

/**
 * When the engine is gone without a word (`kill -9`), takes the whole process group along. Watched
 * from a thread, because a stage that computes without a pause keeps this one from noticing.
 */
function watchEngine(): void {
  const watch = `
    const { Socket } = require('node:net');
    const end = () => process.kill(-process.pid, 'SIGKILL');
    new Socket({ fd: 0 }).on('end', end).on('error', end).resume();`;
  new Worker(watch, { eval: true, stdin: false }).unref();
}

/** Sends events, dropping progress faster than anyone can look, but never a bar's start or end. */
function makeEmitter(): (event: StageEvent) => void {
  let lastProgress = 0;
  let lastFraction = 0;
  return (event) => {
    const now = Date.now();
    if (event.type === 'progress' && event.done !== 0 && event.done !== event.total) {
      if (now - lastProgress < PROGRESS_INTERVAL_MS) return;
      lastProgress = now;
    }
    if (event.type === 'fraction') {
      if (now - lastFraction < PROGRESS_INTERVAL_MS && event.value < 1) return;
      lastFraction = now;
    }
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    for (let done = 0; done < line.length; ) done += writeSync(EVENTS_FD, line, done);
    if (event.type === 'message') console.log(event.text);
  };
}

/** A failure that the stage explains is shown without a stack; anything else is a bug, with one. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'StageFailure') return error.message;
  return error.stack ?? error.message;
}

await main();
