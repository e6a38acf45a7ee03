/** How an execution ended → words for the user. */

import { constants } from 'node:os';
import { writeDuration } from '../pipeline-file/duration.ts';
import { readTail } from '../system/files.ts';
import type { ExecutionFailure, JobEnd, ProcessEnd } from './executor.ts';

/** A shell's status for a program that a signal ended is this and the signal's number. */
const SIGNALLED = 128;
const TAIL_BYTES = 4096;

/** What signals mean to who did not send them. */
const MEANINGS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'it gave itself up; the log may say why',
  SIGBUS: 'a file or disk under its memory went away, such as a full /dev/shm',
  SIGFPE: 'a division by zero, or the like',
  SIGILL: 'it is built for another processor',
  SIGKILL: 'by the system where memory ran out, or by hand',
  SIGPIPE:
    'a program wrote on after the reader of its pipe had ended, as in seq 1000000 | head, which pipefail makes a failure; `{ … || true; } | head` forgives the writer',
  SIGSEGV: 'it touched memory that is not its own: a fault of the program or of a native library',
  SIGXCPU: 'it used the CPU time that ulimit -t grants',
  SIGXFSZ: 'it wrote a larger file than ulimit -f grants',
};

/** Why a stage did not end well, for people. */
export function describeExecution(failure: ExecutionFailure): string {
  switch (failure.kind) {
    case 'command-ended':
      return describeCommandEnd(failure.end);
    case 'module-ended':
      return describeModuleEnd(failure.end);
    case 'timed-out':
      return `timed out after ${writeDuration(failure.seconds)}: stage ${failure.stage}`;
    case 'not-started':
      return `could not be started: ${failure.because}`;
    case 'stopped-early':
      return 'was stopped before it started';
    case 'value-refused':
      return `a value cannot be put into the command: ${failure.fault}`;
    case 'not-rendered':
      return 'its template could not be rendered';
    case 'job-ended':
      return describeJobEnd(failure.job, failure.end);
  }
}

/** Why a job of Slurm ended without a result. */
function describeJobEnd(job: string, end: JobEnd): string {
  switch (end.kind) {
    case 'time-limit':
      return `was ended by Slurm at its time limit (job ${job}); raise \`time\` under slurm:, or the stage's timeout`;
    case 'preempted':
      return `was preempted by another job (job ${job})`;
    case 'node-failed':
      return `was lost with its node${end.nodes === '' ? '' : ` ${end.nodes}`} (job ${job})`;
    case 'out-of-memory':
      return `was ended by Slurm because it took more memory than it asked for (job ${job}${end.said === '' ? '' : `: ${end.said}`}); raise resources.memory of the stage`;
    case 'cancelled':
      return `was cancelled in Slurm${end.by === '' ? '' : ` by ${end.by}`} (job ${job})`;
    case 'input-replaced':
      return `found ${end.path} other than it was when job ${job} was submitted, so it was not run`;
    case 'not-begun':
      return `did not get as far as its stage: job ${job} ended as ${end.state}${end.said === '' ? '' : `, and its last words are: ${end.said}`}`;
    case 'cut-off':
      return `was cut off: job ${job} had begun, and ended as ${end.state} without a word`;
    case 'foreign-exit':
      return `left an exit file without the nonce of job ${job}, which is not believed`;
    case 'unsubmitted':
      return 'was not submitted: the process that was to do so ended before';
    case 'lost':
      return `left no exit file, and Slurm knows nothing of job ${job} any more`;
    case 'refused':
      return `was not taken by Slurm: ${end.said}`;
  }
}

/** Why a process that did not end well did not, of a command that bash ran. */
function describeCommandEnd({ code, signal, said }: ProcessEnd): string {
  if (signal !== null || code === null) return describeSignal(signal);
  const unset = /(\S+): unbound variable\s*$/.exec(said)?.[1];
  if (unset !== undefined) {
    // Names of parameters are seldom written in capitals, those of the environment mostly.
    const param = /[a-z]/.test(unset) ? `; a parameter would be {{ ${unset} }}` : '';
    return `exited with status ${code}: the variable ${unset} is not set, at which commands stop (set -u)${param}; put \`set +u\` before a script that is not written for that, such as an activate of an environment, and \`set -u\` after it`;
  }
  const ended = signalOf(code);
  if (ended !== null) {
    return `exited with status ${code}: a program in it was ended by ${ended}${explain(ended)}`;
  }
  switch (code) {
    case 126:
      return 'exited with status 126: a program in it may not be executed (chmod +x), or is for another system';
    case 127:
      // Of a builtin, such as wait, it means something else.
      return /not found|No such file/.test(said.split('\n').slice(-4).join('\n'))
        ? 'exited with status 127: a program in it was not found; stages get the PATH of the run, but no functions and aliases of your shell (module, nvm): source the file that defines them'
        : 'exited with status 127';
    default:
      return `exited with status ${code}`;
  }
}

/** Why a process that did not end well did not, of a module that a worker ran. */
function describeModuleEnd({ code, signal, said }: ProcessEnd): string {
  if (/JavaScript heap out of memory/.test(said)) {
    return `${describeStatus(code, signal)}: its JavaScript heap was full; keep less in memory, or declare \`env: [NODE_OPTIONS]\` and set NODE_OPTIONS=--max-old-space-size=<MB>`;
  }
  if (signal !== null || code === null) return describeSignal(signal);
  // Node's own status.
  if (code === 13) {
    return 'exited with status 13: its promise was never settled, and nothing was left that could settle it';
  }
  return `exited with status ${code}`;
}

/** The last that a process wrote to its log; nothing where that cannot be read. */
export function readLastWords(logPath: string): string {
  try {
    return readTail(logPath, TAIL_BYTES).toString('utf8');
  } catch {
    return '';
  }
}

function describeStatus(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with status ${code}` : `was ended by ${signal}`;
}

function describeSignal(signal: NodeJS.Signals | null): string {
  return signal === null ? 'ended' : `was ended by ${signal}${explain(signal)}`;
}

function explain(signal: NodeJS.Signals): string {
  const meaning = MEANINGS[signal];
  return meaning === undefined ? '' : ` (${meaning})`;
}

function signalOf(code: number): NodeJS.Signals | null {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return names.find(([, number]) => SIGNALLED + number === code)?.[0] ?? null;
}
