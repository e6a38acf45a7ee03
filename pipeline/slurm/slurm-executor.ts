/** Running on a cluster: each stage is a job of Slurm, which goes on whether or not anybody follows it. */

import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { provideEventsModule } from '../executor/events-module.ts';
import type { Execution, PlacedRequest } from '../executor/executor.ts';
import { nameGpus, resourcesOf } from '../graph/node-resources.ts';
import type { SlurmSpec } from '../pipeline-file/types.ts';
import { isSystemError } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import { askFor } from './ask-for.ts';
import { FollowedJob } from './followed-job.ts';
import { JobCancels } from './job-cancels.ts';
import { JOB_SCHEMA, type JobEntry, LOG_FILE, type WholeTask } from './job-files.ts';
import { JobWatch } from './job-watch.ts';
import type { JobJournal } from './journal.ts';
import type { SlurmClient } from './slurm-client.ts';
import { stampPaths } from './stamp-paths.ts';
import { Submitter } from './submitter.ts';

/** What becomes of jobs when their run is interrupted. */
export type OnInterrupt = 'detach' | 'cancel';

/** What running on a cluster needs. */
export interface SlurmParts {
  readonly layout: StateLayout;
  readonly journal: JobJournal;
  readonly client: SlurmClient;
  readonly spec: SlurmSpec;
  /** Options of `sbatch` that the user gave for all jobs. */
  readonly overrides: Readonly<Record<string, string>>;
  /** The files that run on nodes. */
  readonly program: { readonly entry: string; readonly worker: string };
  readonly packages: string;
  /** Which commands are watched. */
  readonly traces: 'all' | 'finding' | 'none';
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Asked when jobs are to be left or cancelled, once. */
  readonly decide: () => Promise<OnInterrupt>;
}

/** Slurm is asked so soon after a job was cancelled. */
const CANCELLED_MS = 1_000;

/** Runs stages as jobs. */
export class SlurmExecutor {
  readonly #parts: SlurmParts;
  readonly #submitter: Submitter;
  readonly #watch: JobWatch;
  readonly #cancels: JobCancels;
  #decision: Promise<OnInterrupt> | undefined;
  /** Stages of which was said that they get a whole GPU for a part. */
  readonly #rounded = new Set<string>();
  /** Whether jobs were left that go on. */
  hasLeft = false;

  constructor(parts: SlurmParts) {
    this.#parts = parts;
    const { journal, client, spec, layout, program } = parts;
    this.#submitter = new Submitter({
      workspace: layout.workspace,
      journal,
      client,
      environment: spec.environment,
      throttle: spec.throttle,
      signalSeconds: spec.signalSeconds,
      measureLoad: () => this.#watch.load,
      program: program.entry,
      signal: parts.signal,
    });
    this.#watch = new JobWatch(journal, client, spec.pollSeconds);
    this.#cancels = new JobCancels(client, spec.pollSeconds * 1000);
  }

  /** Submits a stage, or follows the job that is at it already. */
  start(request: PlacedRequest): Execution {
    const { journal } = this.#parts;
    const folder = dirname(request.taskPath);
    const begun = journal.find(request.work.fingerprint);
    const job = new FollowedJob(request, journal, showLog(folder, request.logPath));
    const follow = (entry: JobEntry) => {
      job.isSubmitted = true;
      this.#watch.add(job.watched(entry));
    };
    if (begun?.folder === folder) follow(begun);
    else this.#submit(request, folder, job, follow);
    return { result: job.result, stop: () => void this.#stop(job) };
  }

  #submit(
    request: PlacedRequest,
    folder: string,
    job: FollowedJob,
    follow: (entry: JobEntry) => void,
  ): void {
    const { spec, overrides } = this.#parts;
    const { node, fingerprint } = request.work;
    const asked = askFor(node.stage, resourcesOf(node), spec, overrides);
    if (asked.roundsGpu) this.#tellRounding(request);
    const nonce = makeNonce();
    this.#submitter.add({
      entry: { fingerprint, node: node.id, nonce, folder, since: request.since },
      stage: node.stage.name,
      asked,
      task: this.#makeTask(request, nonce, asked.limitSeconds),
      isWanted: () => !job.isStopped && !this.#parts.signal.aborted,
      onKept: (entry) => {
        job.entry = entry;
      },
      onSubmitted: (refusal) => {
        const { entry } = job;
        if (refusal === null && entry !== null) follow(entry);
        else job.end({ kind: 'refused', said: refusal ?? 'nothing was written down' });
        if (job.isStopped) void this.#stop(job);
      },
    });
  }

  /** Says once of a stage that it gets more than it asks for. */
  #tellRounding({ stage, work, onEvent }: PlacedRequest): void {
    if (this.#rounded.has(stage)) return;
    this.#rounded.add(stage);
    const amount = nameGpus(work.node.stage.resources.gpus);
    const text = `of Slurm a whole GPU is asked for, as it gives no ${amount} (where there are shards: slurm: { options: { gres: shard:1 } })`;
    onEvent({ type: 'message', level: 'info', text });
  }

  #makeTask(request: PlacedRequest, nonce: string, limitSeconds: number | null): WholeTask {
    const { journal, spec, program, packages, traces } = this.#parts;
    const { task, env, stage, timeoutSeconds, hidden, work } = request;
    // What this process provides goes with it.
    const isProviding = request.provided.length > 0;
    const provided = isProviding ? [provideEventsModule(dirname(program.entry))] : [];
    const paths = (env['PYTHONPATH'] ?? '')
      .split(':')
      .filter((one) => !request.provided.includes(one));
    const modules = [...paths, ...provided].filter((one) => one !== '').join(':');
    return {
      schema: JOB_SCHEMA,
      nonce,
      entry: journal.layout.entry(work.fingerprint),
      stage,
      task,
      env: isProviding ? { ...env, PYTHONPATH: modules } : env,
      fixed: Object.keys(env).filter((name) =>
        /_NUM_THREADS$|_MAX_THREADS$|^LC_CTYPE$|^TZ$/.test(name),
      ),
      provided,
      hidden,
      timeoutSeconds,
      limitSeconds,
      signalSeconds: spec.signalSeconds,
      traces:
        task.run.kind === 'command' &&
        (traces === 'all' || (traces === 'finding' && task.run.findsInputs)),
      workerPath: program.worker,
      packages,
      stamps: stampPaths(
        Object.values(task.job.inputs).flatMap((all) => all.map(({ path }) => path)),
      ),
    };
  }

  /** What is asked of a job when its run is interrupted; left alone where its lease was lost. */
  async #stop(job: FollowedJob): Promise<void> {
    job.isStopped = true;
    // Not written down yet, it is not submitted either.
    if (job.entry === null) {
      job.giveUp();
      return;
    }
    const decision = await this.#decide();
    // It is being submitted: asked again when that is over.
    if (job.isOver || !job.isSubmitted) return;
    if (decision === 'cancel') this.#cancelFollowed(job, job.entry);
    else this.#leave(job, job.entry);
  }

  #leave(job: FollowedJob, entry: JobEntry): void {
    this.#watch.remove(entry.nonce);
    this.hasLeft = true;
    job.leave();
  }

  /** Its end is waited for. */
  #cancelFollowed(job: FollowedJob, entry: JobEntry): void {
    this.#cancels.add({
      name: () => this.#parts.journal.taskOf(entry),
      isUnderWay: () => !job.isOver,
      onDenied: (said) => {
        if (job.isOver) return;
        job.tellDenied(said);
        this.#leave(job, entry);
      },
    });
    this.#watch.hurry(CANCELLED_MS);
  }

  async #decide(): Promise<OnInterrupt> {
    const { signal, decide } = this.#parts;
    // A lost lease is none of the user's doing, who may still interrupt the run and be asked then.
    if (!signal.aborted) return 'detach';
    this.#decision ??= decide();
    return this.#decision;
  }

  /** Ends the job of an attempt that is given up, where it is not over. */
  cancel(entry: JobEntry): void {
    this.#watch.remove(entry.nonce);
    // Its entry and its batch are about to be removed: a job that Slurm does not cancel sees that, and ends itself.
    const name = this.#parts.journal.taskOf(entry);
    if (name !== null)
      this.#cancels.add({ name: () => name, isUnderWay: () => false, onDenied: () => {} });
  }
}

/**
 * Shows the log of a task, which its job writes, in the place where the run has it.
 *
 * @returns what copies it there at the end, where links cannot be made
 */
function showLog(folder: string, logPath: string): () => void {
  const own = join(folder, LOG_FILE);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(own)) writeFileSync(own, '');
  try {
    rmSync(logPath, { force: true });
    mkdirSync(dirname(logPath), { recursive: true });
    linkSync(own, logPath);
    return () => {};
  } catch (error) {
    if (!isSystemError(error)) throw error;
    writeFileSync(logPath, '');
    return () => copyFileSync(own, logPath);
  }
}
