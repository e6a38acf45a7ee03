/**
 * The worker's side, the stage process: imports a bundle and runs a task, and another one if that has
 * left no traces; else it exits with 0, or prints why the task failed and exits with 1.
 *
 * Events go to file descriptor 3 as JSON lines. Orders come by file descriptor 4, a pipe that the
 * engine holds open: its end means that the engine is gone, and then this process group ends too.
 */

import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { grantsOf } from '../audit/access.ts';
import { AccessFilter } from '../audit/access-filter.ts';
import { hookFileSystem, isThere, listenToAccesses, unhookedDisk } from '../audit/hook-fs.ts';
import type { StageContext, StageEvent, StageModule } from '../contract/stage.ts';
import { readHead } from '../fingerprint/bundle-head.ts';
import type { ProcessUse } from '../pipeline-file/types.ts';
import { addressBundle } from './address-bundle.ts';
import { bindShell } from './bind-shell.ts';
import { describeThrown } from './describe-thrown.ts';
import {
  CPUS_GRANTED,
  WORKER_ACCESS,
  WORKER_CPUS,
  WORKER_READY,
  WORKER_STARTED,
  WORKER_UNSEEN,
  type WorkerOrder,
} from './task.ts';
import { type TraceDetector, watchTraces } from './traces.ts';

const STDERR_FD = 2;
const EVENTS_FD = 3;
const ORDERS_FD = 4;
const LINE_BREAK = 10;
const PROGRESS_INTERVAL_MS = 50;
/** Modules cannot be unloaded, so a worker grows with every task. */
const MOST_TASKS = 250;
const MOST_MEMORY = 400e6;

/** How many CPUs the stage may use now: written by the thread that hears the engine. */
const cpus = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

let abort = new AbortController();
let detector: TraceDetector | undefined;
let tasks = 0;

function main(): void {
  process.on('SIGTERM', () => {
    abort.abort();
    // A stage that ignores the signal is ended all the same.
    setTimeout(() => process.exit(143), 2_000).unref();
  });
  process.setSourceMapsEnabled(true);
  hookFileSystem();
  const orders = openOrders();
  orders.on('message', (line: string) => {
    // The stage itself must keep the process alive: one that waits for nothing has failed.
    orders.unref();
    void runOrder(JSON.parse(line) as WorkerOrder).then(() => orders.ref());
  });
  // Node's own status for a promise that nothing can settle any more.
  process.on('beforeExit', () => process.exit(13));
}

async function runOrder({ job, run, logPath, packages }: WorkerOrder): Promise<void> {
  if (logPath !== null) redirectOutput(logPath);
  writeLine(WORKER_STARTED);
  abort = new AbortController();
  tasks += 1;
  if (run.process === 'reused') detector ??= watchTraces();
  watchAccesses(job, run);
  const { signal } = abort;
  const fail = (error: unknown) => {
    beginLine();
    const file = pathToFileURL(run.bundle).href;
    console.error(describeThrown(error, { [file]: run.module, [run.bundle]: run.module }));
    process.exit(abort.signal.aborted ? 143 : 1);
  };
  const onStart = () => {
    writeLine(WORKER_UNSEEN);
    // Of a command that fails while the stage waits for another one, too, it is told which.
    if (process.listenerCount('unhandledRejection') === 0) process.on('unhandledRejection', fail);
  };
  const $ = bindShell({ cwd: job.workspace, verbose: true, signal, packages, onStart });
  const context: StageContext = { ...job, cpusNow: makeCpusNow(), emit: makeEmitter(), signal, $ };
  try {
    const url = addressBundle(run.bundle, job.workspace, tasks);
    const exported = (await import(url)) as Partial<StageModule> & { default?: StageModule };
    // All that a CommonJS module exports is its default export.
    const stage = typeof exported.run === 'function' ? exported : exported.default;
    if (typeof stage?.run !== 'function') {
      throw Object.assign(new Error(describeExports(run.module, exported)), {
        name: 'StageFailure',
      });
    }
    await stage.run(context);
  } catch (error) {
    fail(error);
  }
  // What a library keeps on a GPU is seen by nobody, and the next node needs it.
  const hasRoomForOthers = job.gpus === 0 && hasRoom();
  const isReusable = tasks < MOST_TASKS && hasRoomForOthers && !abort.signal.aborted;
  // A stage that leaves a handle open is done all the same.
  if (!isReusable || !(await isLeftFit(run.process))) process.exit();
  listenToAccesses(null);
  writeLine(WORKER_READY);
}

/** Whether other cells may run in this process, by what their stage says and this one has left behind. */
async function isLeftFit(use: ProcessUse): Promise<boolean> {
  return use === 'shared' || (use === 'reused' && (await detector?.isClean()) === true);
}

/** Whether it has not grown too much; where /proc does not tell, that is not known. */
function hasRoom(): boolean {
  try {
    return process.memoryUsage.rss() < MOST_MEMORY;
  } catch {
    return false;
  }
}

/** Tells the engine, as it happens, of what the stage does in the workspace without declaring it. */
function watchAccesses(job: WorkerOrder['job'], { bundle, findsInputs }: WorkerOrder['run']): void {
  const files = readHead(bundle).files.map((name) => join(job.workspace, name));
  const filter = new AccessFilter(
    grantsOf(job, [bundle, ...files], findsInputs),
    (access) => writeLine(WORKER_ACCESS + JSON.stringify(access)),
    unhookedDisk,
  );
  listenToAccesses((kind, path) => {
    const isMiss = findsInputs && kind !== 'write' && !isThere(path);
    filter.note(isMiss ? 'miss' : kind, path);
  });
}

/**
 * Receives the engine's orders. When the engine is gone without a word (`kill -9`), takes the whole
 * process group along. From a thread, because a stage that computes without a pause keeps this one
 * from noticing.
 */
function openOrders(): Worker {
  const watch = `
    const { Socket } = require('node:net');
    const { createInterface } = require('node:readline');
    const { parentPort, workerData } = require('node:worker_threads');
    const end = () => process.kill(-process.pid, 'SIGKILL');
    const input = new Socket({ fd: ${ORDERS_FD} }).on('end', end).on('error', end);
    createInterface({ input }).on('line', (line) => {
      if (!line.startsWith('${CPUS_GRANTED}')) return parentPort.postMessage(line);
      Atomics.store(workerData, 0, Number(line.slice(${CPUS_GRANTED.length})));
    });`;
  return new Worker(watch, { eval: true, stdin: false, workerData: cpus });
}

/** Tells the engine which numbers the stage has heard: only what it gives back knowingly is free. */
function makeCpusNow(): () => number {
  let heard: number | null = null;
  return () => {
    const now = Atomics.load(cpus, 0);
    if (now !== heard) writeLine(`${WORKER_CPUS}${now}`);
    heard = now;
    return now;
  };
}

/**
 * Lets standard output and error go to another file from now on, also those of child processes. The
 * lowest free number is given to a file that is opened, so it is the one that was just closed.
 */
function redirectOutput(logPath: string): void {
  for (const fd of [1, 2]) {
    closeSync(fd);
    // Before it has said that it has started, its end does no harm.
    if (openSync(logPath, 'a') !== fd) process.exit(1);
  }
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
    writeLine(JSON.stringify(event));
    if (event.type === 'message') console.log(event.text);
  };
}

function writeLine(text: string): void {
  const line = Buffer.from(`${text}\n`);
  for (let done = 0; done < line.length; ) done += writeSync(EVENTS_FD, line, done);
}

/** Ends the last line of the log, where what the stage printed lacks the break. */
function beginLine(): void {
  try {
    const { size } = fstatSync(STDERR_FD);
    const last = Buffer.alloc(1);
    const log = openSync(`/dev/fd/${STDERR_FD}`, 'r');
    const isOpen = size > 0 && readSync(log, last, 0, 1, size - 1) === 1 && last[0] !== LINE_BREAK;
    closeSync(log);
    if (isOpen) writeSync(STDERR_FD, '\n');
  } catch {
    // No file, or one that may not be read: a line break matters less than what follows.
  }
}

/** Why a module is no stage, by what it exports. */
function describeExports(module: string, exported: object): string {
  const names = Object.keys(exported);
  const what = names.length === 0 ? 'nothing' : names.join(', ');
  return `${module} exports no function named run, but ${what}: write \`export async function run(context)\``;
}

main();
