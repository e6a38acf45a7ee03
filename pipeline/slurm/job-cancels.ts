/** Cancelling jobs: many by one call, and again while Slurm gives no answer and they go on. */

import { groupByKey } from '../system/group-by.ts';
import type { SlurmTask } from './job-states.ts';
import type { SlurmClient } from './slurm-client.ts';

/** What is asked within this time goes as one call. */
const TOGETHER_MS = 100;
/** Another user's job, which only that user and operators may cancel. */
const DENIED = /permission denied|not permitted|access denied/i;

/** A job that is to be cancelled. */
export interface UnwantedJob {
  /** What Slurm calls it; null while that is not known. */
  readonly name: () => SlurmTask | null;
  /** Whether it is worth another call, where one has failed. */
  readonly isUnderWay: () => boolean;
  /** Told what Slurm has against it: it goes on then. */
  readonly onDenied: (said: string) => void;
}

/** Cancels jobs. */
export class JobCancels {
  readonly #client: SlurmClient;
  readonly #retryMs: number;
  #fresh: UnwantedJob[] = [];
  #failed: UnwantedJob[] = [];

  /** @param retryMs so long after a call without answer comes the next */
  constructor(client: SlurmClient, retryMs: number) {
    this.#client = client;
    this.#retryMs = retryMs;
  }

  add(job: UnwantedJob): void {
    if (this.#fresh.length === 0) setTimeout(() => void this.#sendFresh(), TOGETHER_MS);
    this.#fresh.push(job);
  }

  #sendFresh(): Promise<void> {
    const jobs = this.#fresh;
    this.#fresh = [];
    return this.#send(jobs);
  }

  #sendAgain(): Promise<void> {
    const jobs = this.#failed;
    this.#failed = [];
    return this.#send(jobs.filter(({ isUnderWay }) => isUnderWay()));
  }

  async #send(jobs: readonly UnwantedJob[]): Promise<void> {
    const refusal = await this.#call(jobs);
    if (refusal !== null && DENIED.test(refusal)) await this.#sendOneByOne(jobs);
    else this.#keep(refusal === null ? jobs.filter(({ name }) => name() === null) : jobs);
  }

  /** One of them is another user's: which, shows where each is cancelled by itself. */
  async #sendOneByOne(jobs: readonly UnwantedJob[]): Promise<void> {
    for (const [id, own] of groupByKey(jobs, ({ name }) => name()?.job)) {
      const refusal = await this.#call(own);
      if (id === undefined || (refusal !== null && !DENIED.test(refusal))) this.#keep(own);
      else if (refusal !== null) for (const { onDenied } of own) onDenied(refusal);
    }
  }

  /** @returns what was said against it; null where all was done, or nothing has a name yet */
  async #call(jobs: readonly UnwantedJob[]): Promise<string | null> {
    const tasks = jobs.flatMap(({ name }) => name() ?? []);
    return this.#client.cancel(tasks).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  #keep(jobs: readonly UnwantedJob[]): void {
    const some = jobs.filter(({ isUnderWay }) => isUnderWay());
    // Who follows them keeps the process going.
    if (some.length > 0 && this.#failed.length === 0)
      setTimeout(() => void this.#sendAgain(), this.#retryMs).unref();
    this.#failed.push(...some);
  }
}
