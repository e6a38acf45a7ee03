/** The programs of Slurm: called without a shell, their answers read, nothing taken for an answer that is none. */

import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { groupByKey } from '../system/group-by.ts';
import { findState, type JobState, parseStates, type SlurmTask } from './job-states.ts';

/** A controller that is busy answers late. */
const MOST_MS = 120_000;
const MOST_BYTES = 256 << 20;
/** Jobs begin on nodes whose clocks may be behind. */
const EARLIER_MS = 3_600_000;

/** What a cluster is like. */
export interface ClusterFacts {
  /** Whether there is a database that `sacct` asks. */
  readonly accounts: boolean;
  readonly mostTasks: number;
}

/** Of what was asked it is not known then whether it came to the controller, or stood by another. */
const SILENT =
  /timed out|contact slurm controller|connection (refused|reset)|connect failure|slurmctld.*(not respond|unreachable)|zero bytes were transmitted|endpoint is not connected|unexpected message received|controller in standby mode|protocol authentication error/i;

/** Answers that tell of a job what it is not: over, or forgotten. */
const ANSWERED = /Invalid job id|already complet/i;

/** An argument of a program is no longer than Linux lets it be, 128 KiB, with this many ids in it. */
const MOST_IDS = 8_000;

/** A program of Slurm did not do what it was asked for. */
class SlurmError extends Error {
  override readonly name = 'SlurmError';
}

/** Speaks with Slurm. */
export class SlurmClient {
  readonly #env: Readonly<Record<string, string>>;
  readonly #onSilence: (said: string) => void;
  #facts: Promise<ClusterFacts> | undefined;
  /** Programs that had no answer when they were called last. */
  readonly #silent = new Set<string>();

  /**
   * @param env see `makeSlurmEnvironment`
   * @param onSilence told when Slurm answers no more, once until it does again
   */
  constructor(env: Readonly<Record<string, string>>, onSilence: (said: string) => void = () => {}) {
    this.#env = env;
    this.#onSilence = onSilence;
  }

  /** What the cluster is like; asked once. @throws {SlurmError} where it does not answer; in its result */
  describe(): Promise<ClusterFacts> {
    this.#facts ??= this.#call('scontrol', ['show', 'config']).then(
      (text) => ({
        accounts: !/^AccountingStorageType\s*=\s*(accounting_storage\/none|\(null\))?\s*$/m.test(
          text,
        ),
        mostTasks: Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(text)?.[1] ?? 1001) - 1,
      }),
      (error: unknown) => {
        this.#facts = undefined;
        throw error;
      },
    );
    return this.#facts;
  }

  /**
   * Calls `sbatch`, whose answer goes straight to a file, so that it is there also where its caller has died.
   *
   * @returns what it complains of; null where it took the job
   */
  submit(args: readonly string[], answerPath: string): Promise<string | null> {
    const answer = openSync(answerPath, 'w');
    return new Promise((resolve) => {
      const child = spawn('sbatch', args, {
        env: this.#env,
        stdio: ['ignore', answer, 'pipe'],
        // A terminal's Ctrl-C is the engine's to deal with.
        detached: true,
      });
      closeSync(answer);
      let said = '';
      child.stderr?.on('data', (data: Buffer) => {
        said += data.toString();
      });
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => {
        const refusal =
          code === 0 ? null : cleanError(said) || `sbatch ended with ${code ?? signal}`;
        this.#noteAnswer('sbatch', refusal !== null && isSilence(refusal) ? refusal : null);
        resolve(refusal);
      });
    });
  }

  /**
   * The states of jobs, by task: as the controller knows them, since the database lags and keeps the end of what was
   * put into the queue again; by the database those that the controller has forgotten.
   *
   * @param since milliseconds since the epoch, before which none of them was submitted
   * @throws {SlurmError} where Slurm does not answer; in its result
   */
  async ask(tasks: readonly SlurmTask[], since: number): Promise<Map<string, JobState>> {
    const states = new Map<string, JobState>();
    for (const jobs of cutUp(listJobs(tasks))) {
      const told = await this.#askController(['--jobs', jobs.join(',')]);
      for (const [key, state] of told) states.set(key, state);
    }
    // The tasks of an array are forgotten one by one.
    const forgotten = listJobs(tasks.filter((task) => findState(states, task) === undefined));
    if (forgotten.length === 0 || !(await this.describe()).accounts) return states;
    for (const jobs of cutUp(forgotten)) {
      for (const [key, state] of await this.#askDatabase(jobs, since)) {
        if (!states.has(key)) states.set(key, state);
      }
    }
    return states;
  }

  /** The id of the job of a name; null where Slurm knows none. @throws {SlurmError} as `ask` does */
  async findByName(name: string, since: number): Promise<string | null> {
    const found = [...(await this.#askController(['--name', name])).keys()];
    const { accounts } = await this.describe();
    if (found.length === 0 && accounts) {
      const text = await this.#call('sacct', [...this.#databaseArguments(since), `--name=${name}`]);
      found.push(...parseStates(text).keys());
    }
    return found[0]?.replace(/_.*$/, '') ?? null;
  }

  /** @throws {SlurmError} where it does not answer; in its result */
  async cancel(tasks: readonly SlurmTask[]): Promise<void> {
    for (const some of cutUp(tasks)) await this.#call('scancel', nameTasks(some));
  }

  async #askDatabase(jobs: readonly string[], since: number): Promise<Map<string, JobState>> {
    const text = await this.#call('sacct', [
      ...this.#databaseArguments(since),
      `--jobs=${jobs.join(',')}`,
    ]);
    return parseStates(text);
  }

  /** An explicit window: without one `sacct` looks at today alone; and the cluster, which it takes from no variable. */
  #databaseArguments(since: number): string[] {
    const clusters = this.#env['SLURM_CLUSTERS'];
    return [
      '--noheader',
      '--parsable2',
      '--allocations',
      `--starttime=${writeMoment(since - EARLIER_MS)}`,
      '--endtime=now',
      '--format=JobID%60,State%40,Reason%60,NodeList%120',
      ...(clusters === undefined ? [] : [`--clusters=${clusters}`]),
    ];
  }

  async #askController(which: readonly string[]): Promise<Map<string, JobState>> {
    const format = '%i|%T|%r|%N';
    const args = ['--noheader', '--array', '--states=all', `--format=${format}`, ...which];
    try {
      return parseStates(await this.#call('squeue', args));
    } catch (error) {
      // So it says of a job that it has forgotten.
      if (error instanceof SlurmError && /Invalid job id/i.test(error.message)) return new Map();
      throw error;
    }
  }

  #call(program: string, args: readonly string[]): Promise<string> {
    const options = { env: this.#env, timeout: MOST_MS, maxBuffer: MOST_BYTES };
    return new Promise((resolve, reject) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        if (error === null) {
          this.#noteAnswer(program, null);
          resolve(stdout);
          return;
        }
        const late = error.killed === true ? `timed out after ${MOST_MS / 1000} s` : error.message;
        const said = cleanError(stderr) || late;
        // A terminal's Ctrl-C ends it too, which says nothing of Slurm.
        const isCutOff = error.signal != null && error.killed !== true;
        if (!isCutOff) this.#noteAnswer(program, ANSWERED.test(said) ? null : said);
        reject(new SlurmError(`${program}: ${said}`));
      });
    });
  }

  /** @param silence what was said instead of an answer; null where there was one */
  #noteAnswer(program: string, silence: string | null): void {
    // Who asks what a cluster is like is told by the error itself.
    if (program === 'scontrol') return;
    if (silence === null) this.#silent.delete(program);
    else {
      if (this.#silent.size === 0) this.#onSilence(`${program}: ${silence}`);
      this.#silent.add(program);
    }
  }
}

/** Whether a program of Slurm has got no answer: of what it was asked nothing is known then. */
export function isSilence(said: string): boolean {
  return SILENT.test(said);
}

function listJobs(tasks: readonly SlurmTask[]): string[] {
  return [...new Set(tasks.map(({ job }) => job))];
}

function cutUp<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MOST_IDS);
  return Array.from({ length: count }, (_, i) => all.slice(i * MOST_IDS, (i + 1) * MOST_IDS));
}

/** Tasks as `scancel` takes them, one argument a job: `7`, `8_[0,2,3]`. */
function nameTasks(tasks: readonly SlurmTask[]): string[] {
  return [...groupByKey(tasks, ({ job }) => job)].map(([job, own]) => {
    const indices = own.flatMap(({ index, isArray }) => (isArray ? [index] : []));
    return indices.length === 0 ? job : `${job}_[${indices.join(',')}]`;
  });
}

/** A moment as Slurm reads it, in local time. */
function writeMoment(ms: number): string {
  const shifted = ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 19);
}

function cleanError(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^\w+: error: /, '').trim());
  return lines.filter((line) => line !== '').join('; ');
}
