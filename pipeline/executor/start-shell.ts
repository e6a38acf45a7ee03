/** bash, as a process group with its output in the log: how a command runs. */

import { appendFileSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { grantsOf } from '../audit/access.ts';
import type { Tracer } from '../audit/strace.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { CommandFollower } from './command-follower.ts';
import { describeExecution, readLastWords } from './describe-execution.ts';
import type { Execution, ExecutionFailure, ExecutionRequest, ExecutionResult } from './executor.ts';
import { Exhaustion, isExhausted } from './exhaustion.ts';
import { pipeOf } from './pipe-of.ts';
import { ProcessTree } from './process-tree.ts';
import { spawnOnto } from './spawn-onto.ts';
import type { UsageMeter } from './usage-meter.ts';
import { watchGroup } from './watch-group.ts';

/** The first number behind the standard streams. */
const WATCH_FD = 3;
/** In bytes. Linux takes no longer argument (MAX_ARG_STRLEN is 131,072 bytes). */
const LONGEST_ARGUMENT = 100_000;

/** What sees what a command does. */
export interface ShellWatch {
  /** Null where nobody looks. */
  readonly tracer: Tracer | null;
  readonly meter: UsageMeter;
}

/**
 * Runs a command in bash with `errexit`, `nounset` and `pipefail`, as a process group of its own,
 * its output straight into the stage's log.
 *
 * bash is started by the engine itself: by way of a Node process that loads zx, as it was, a command
 * took ten times as long to start. Values are quoted into the text rather than passed as `$1`, `$2`:
 * a command may have functions, or a `set --`, with arguments of their own.
 *
 * @throws nothing: its result is rejected, with {@link Exhaustion} where the system has no room for
 * a process
 */
export function startShell(
  command: string,
  { task, taskPath, logPath, env, provided, onEvent }: ExecutionRequest,
  { tracer, meter }: ShellWatch,
): Execution {
  const text = watchGroup(WATCH_FD) + command;
  const long = Buffer.byteLength(text) > LONGEST_ARGUMENT;
  if (long) writeFileSync(taskPath, text);
  const shell = ['bash', '-euo', 'pipefail', ...(long ? [taskPath] : ['-c', text])];
  const tracePath = join(dirname(taskPath), 'trace');
  const [file = '', ...args] = [...(tracer?.prefix(tracePath) ?? []), ...shell];
  const eventsPath = join(dirname(taskPath), 'events.jsonl');
  const log = openSync(logPath, 'a');
  const child = spawnOnto(log, file, args, {
    cwd: task.job.workspace,
    env: { ...env, PIPELINE_EVENTS: eventsPath },
    // A group of its own: the terminal's Ctrl-C reaches the engine alone, which then decides.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  // Ignored: the pipe only ever ends.
  pipeOf(child, WATCH_FD)?.on('error', () => {});
  const tree = new ProcessTree(child);
  const metered = meter.follow(child.pid);
  const follower = new CommandFollower(eventsPath, logPath, onEvent);
  let callOff = () => {};
  const result = new Promise<ExecutionResult>((resolve, reject) => {
    child.once('error', (error) => {
      void follower.end();
      if (isExhausted(error)) reject(new Exhaustion(error.message));
      else {
        const because = describeStart(error, file, task.job.workspace);
        resolve({ kind: 'failed', failure: { kind: 'not-started', because } });
      }
    });
    const conclude = async (
      code: number | null,
      signal: NodeJS.Signals | null,
    ): Promise<ExecutionResult> => {
      const usage = metered.end(true);
      await follower.end();
      const { findsInputs } = task.run;
      const grants = grantsOf(task.job, [taskPath], findsInputs, [eventsPath, ...provided]);
      const look = async () => (await tracer?.findUndeclared(tracePath, grants)) ?? null;
      if (code === 0) {
        return { kind: 'done', undeclared: await look(), ...(usage !== null && { usage }) };
      }
      const said = readLastWords(logPath);
      const failure: ExecutionFailure = { kind: 'command-ended', end: { code, signal, said } };
      noteEnd(logPath, said, describeExecution(failure));
      const seen = findsInputs ? await look().catch(() => null) : null;
      return { kind: 'failed', failure, undeclared: seen ?? [] };
    };
    // Not 'close', which would wait for the process that watches.
    child.once('exit', (code, signal) => {
      callOff();
      // Whatever the command left running ends with it.
      tree.clear();
      resolve(conclude(code, signal));
    });
  });
  const stop = () => {
    callOff();
    callOff = tree.end();
  };
  return { result, stop };
}

/** For the reader of a log; whoever runs the stage is told anyway. */
function noteEnd(logPath: string, said: string, message: string): void {
  // What it said last may lack its line break.
  const separator = said === '' || said.endsWith('\n') ? '' : '\n';
  try {
    appendFileSync(logPath, `${separator}the command ${message}\n`);
  } catch (error) {
    // The disk is full, or the folder of the run is gone.
    if (!isSystemError(error)) throw error;
  }
}

/** Node says of a missing folder what it says of a missing program. */
function describeStart(error: Error, file: string, folder: string): string {
  if (!isErrorCode(error, 'ENOENT')) return error.message;
  return existsSync(folder)
    ? `${file} was not found in the folders of PATH (or there is no /dev/null)`
    : `its workspace ${folder} is gone`;
}
