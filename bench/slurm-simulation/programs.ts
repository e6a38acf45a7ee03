/** What Slurm's programs answer of a simulated cluster, as far as the engine calls them, and how often it does. */

import { dirname } from 'node:path';
import type { SimulatedCluster } from './cluster.ts';
import type { CallFate, Faults } from './faults.ts';
import { isActive, type SimulatedJob, type SimulatedTask } from './simulated-job.ts';

/** What a program prints, and when. */
export interface ProgramAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly afterMs: number;
}

/** Times of a cluster's controller and its database. */
export interface Delays {
  /** How old a stale answer is. */
  readonly staleMs: number;
  /** How long a slow answer takes. */
  readonly slowMs: number;
  /** So long the controller remembers what has ended. */
  readonly rememberMs: number;
  /** So much later the database knows. */
  readonly databaseMs: number;
}

const QUICK_MS = 5;
const UNREACHABLE = 'Unable to contact slurm controller (connect failure)';
const TIMED_OUT = 'Batch job submission failed: Socket timed out on send/recv operation';

/** Slurm's programs. */
export class SlurmPrograms {
  readonly #cluster: SimulatedCluster;
  readonly #faults: Faults;
  readonly #delays: Delays;
  readonly #maxArraySize: number;
  /** How often each was called. */
  readonly calls = new Map<string, number>();
  /** Characters that all answers had. */
  answered = 0;

  constructor(
    cluster: SimulatedCluster,
    faults: Faults,
    { maxArraySize, delays }: { readonly maxArraySize: number; readonly delays: Delays },
  ) {
    this.#cluster = cluster;
    this.#faults = faults;
    this.#delays = delays;
    this.#maxArraySize = maxArraySize;
  }

  call(program: string, args: readonly string[]): ProgramAnswer {
    const call = this.calls.get(program) ?? 0;
    this.calls.set(program, call + 1);
    const fate = this.#faults.fateOfCall(program, call);
    const afterMs = fate === 'slow' ? this.#delays.slowMs : QUICK_MS;
    const says = (stdout: string) => {
      this.answered += stdout.length;
      return { stdout, stderr: '', code: 0, afterMs };
    };
    const fails = (text: string) => {
      return { stdout: '', stderr: `${program}: error: ${text}\n`, code: 1, afterMs };
    };
    if (fate === 'silent') return fails(UNREACHABLE);
    switch (program) {
      case 'sbatch': {
        const id = this.#submit(args);
        if (typeof id === 'string') return fails(id);
        return fate === 'reply-lost' ? fails(TIMED_OUT) : says(`${id}\n`);
      }
      case 'squeue':
      case 'sacct':
        return this.#list(program, args, fate, says, fails);
      case 'scancel':
        for (const task of args.flatMap((arg) => this.#find(arg))) this.#cluster.cancel(task);
        return says('');
      case 'scontrol':
        return says(
          `AccountingStorageType   = accounting_storage/slurmdbd\nMaxArraySize            = ${this.#maxArraySize}\n`,
        );
      default:
        return fails('not simulated');
    }
  }

  #submit(args: readonly string[]): number | string {
    const value = (name: string) =>
      args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
    const [, last, throttle] = /^0-(\d+)%(\d+)$/.exec(value('array') ?? '') ?? [];
    return this.#cluster.submit({
      name: value('job-name') ?? '',
      folder: dirname(args.at(-1) ?? ''),
      count: last === undefined ? null : Number(last) + 1,
      throttle: Number(throttle ?? 1),
    });
  }

  #list(
    program: 'squeue' | 'sacct',
    args: readonly string[],
    fate: CallFate,
    says: (text: string) => ProgramAnswer,
    fails: (text: string) => ProgramAnswer,
  ): ProgramAnswer {
    if (fate === 'empty') return says('');
    const joined = args.join('\n');
    const [, name] = /--name[=\n](\S+)/.exec(joined) ?? [];
    const ids = /--jobs[=\n](\S+)/.exec(joined)?.[1]?.split(',') ?? [];
    const jobs = this.#choose(name, ids);
    const now = Date.now();
    const { staleMs, rememberMs, databaseMs } = this.#delays;
    const asOf = now - (program === 'sacct' ? databaseMs : fate === 'stale' ? staleMs : 0);
    const lines = jobs.flatMap(({ tasks }) =>
      tasks.flatMap((task) => {
        const isForgotten =
          program === 'squeue' && !isActive(task) && now - task.changedAt > rememberMs;
        return task.isLost || isForgotten ? [] : writeLine(task, asOf);
      }),
    );
    if (program === 'squeue' && ids.length === 1 && lines.length === 0) {
      return fails('Invalid job id specified');
    }
    return says(lines.join(''));
  }

  #choose(name: string | undefined, ids: readonly string[]): SimulatedJob[] {
    if (name !== undefined) return this.#cluster.byName.get(name) ?? [];
    return ids.flatMap((id) => this.#cluster.jobs.get(Number(id)) ?? []);
  }

  /** The tasks that `scancel` is given: `<job>`, `<job>_<index>`, `<job>_[<indices>]`. */
  #find(text: string): SimulatedTask[] {
    const [, id, which] = /^(\d+)(?:_\[?([\d,-]+)\]?)?$/.exec(text) ?? [];
    const tasks = this.#cluster.jobs.get(Number(id))?.tasks ?? [];
    if (which === undefined) return tasks;
    const wanted = which.split(',').flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return tasks.slice(from, to + 1);
    });
    return wanted;
  }
}

/** Of a moment that may be past. */
function writeLine(task: SimulatedTask, asOf: number): string[] {
  const { job, index, changedAt, before, node, reason } = task;
  const state = changedAt <= asOf ? task.state : before;
  if (state === null) return [];
  const id = job.isArray ? `${job.id}_${index}` : `${job.id}`;
  return [`${id}|${state}|${reason}|${state === 'PENDING' ? '' : node}\n`];
}
