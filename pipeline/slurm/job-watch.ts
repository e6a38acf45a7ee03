/** One look at all jobs at a time: what they left on the shared disk, often; what Slurm says, seldom. */

import { join } from 'node:path';
import type { JobEnd } from '../executor/executor.ts';
import { groupByKey } from '../system/group-by.ts';
import { type JobEntry, listJobFiles, readExit, readSaid, readStarted } from './job-files.ts';
import { findState, isStuck, isUnderWay, type JobState, judgeEnd } from './job-states.ts';
import type { JobJournal } from './journal.ts';
import type { SlurmClient } from './slurm-client.ts';
import {
  type FollowedTask,
  readEndState,
  tellState,
  tellUnderWay,
  type WatchedTask,
} from './watched-task.ts';

/** How often the disk is looked at. */
const LOOK_MS = 400;
/** Of the time, listing folders takes no more than one part in so many, however slow a shared disk is. */
const LISTING_PART = 10;
/** So many tasks' events are read at one look. */
const MOST_TAILS = 64;
/** Without news Slurm is asked less and less often, down to this. */
const SLOWEST_MS = 60_000;
const SLOWER = 1.5;
/** A shared disk may show late what a node wrote. */
const SETTLE_MS = 4_000;
/** So often Slurm may know nothing of a job before it counts as lost. */
const MOST_UNKNOWN = 4;
/** How long `sbatch` may take after its caller has died. */
const FLIGHT_MS = 20_000;

/** Follows tasks until each has ended. */
export class JobWatch {
  readonly #journal: JobJournal;
  readonly #client: SlurmClient;
  readonly #pollMs: number;
  readonly #tasks = new Map<string, FollowedTask>();
  #timer: NodeJS.Timeout | undefined;
  #nextLook = 0;
  /** How long listing folders took in this look. */
  #listedMs = 0;
  #nextPoll = Number.POSITIVE_INFINITY;
  #pause: number;
  #isPolling = false;
  #turn = 0;
  /** Of jobs, the reasons to wait that were told. */
  readonly #oddities = new Set<string>();

  constructor(journal: JobJournal, client: SlurmClient, pollSeconds: number) {
    this.#journal = journal;
    this.#client = client;
    this.#pollMs = pollSeconds * 1000;
    this.#pause = this.#pollMs;
  }

  add(task: WatchedTask): void {
    const more = {
      ...{ started: false, run: null, said: '', oddity: '' },
      ...{ overAt: null, state: null, unknown: 0, isHidden: false },
    };
    this.#tasks.set(
      task.entry.nonce,
      Object.assign(Object.create(null), task, more) as FollowedTask,
    );
    this.hurry();
    this.#timer ??= setInterval(() => this.#lookIfRested(), LOOK_MS);
  }

  remove(nonce: string): void {
    this.#tasks.delete(nonce);
    if (this.#tasks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#nextPoll = Number.POSITIVE_INFINITY;
  }

  /** How many tasks are followed, and how long ago the first of them was submitted. */
  get load(): { readonly tasks: number; readonly oldestMs: number } {
    const [first] = this.#tasks.values();
    const batch = first === undefined ? null : this.#journal.batch(first.entry.batch);
    const now = Date.now();
    return { tasks: this.#tasks.size, oldestMs: now - (batch?.submittedAt ?? now) };
  }

  /** Asks Slurm soon. */
  hurry(withinMs = this.#pollMs): void {
    this.#pause = this.#pollMs;
    this.#nextPoll = Math.min(this.#nextPoll, Date.now() + withinMs);
  }

  #lookIfRested(): void {
    const startedAt = Date.now();
    if (startedAt < this.#nextLook) return;
    this.#listedMs = 0;
    this.#look();
    this.#nextLook = startedAt + this.#listedMs * LISTING_PART;
  }

  #look(): void {
    const batches = groupByKey(this.#tasks.values(), ({ entry }) => entry.batch);
    for (const [batch, tasks] of batches) this.#lookAt(batch, tasks);
    const running = [...this.#tasks.values()].filter(({ started }) => started);
    for (let i = 0; i < Math.min(MOST_TAILS, running.length); i++) {
      running[this.#turn++ % running.length]?.look();
    }
    if (!this.#isPolling && Date.now() >= this.#nextPoll && this.#tasks.size > 0) void this.#poll();
  }

  #lookAt(batch: string, tasks: readonly FollowedTask[]): void {
    const paths = this.#journal.layout.batch(batch);
    const startedAt = performance.now();
    const started = new Set(listJobFiles(paths.started));
    const ended = new Set(listJobFiles(paths.ended));
    this.#listedMs += performance.now() - startedAt;
    for (const task of tasks) {
      const { entry } = task;
      const name = `${entry.index}.json`;
      if (!task.started && started.has(name)) this.#begin(task, join(paths.started, name));
      const exit = ended.has(name) ? readExit(join(paths.ended, name), entry.nonce) : null;
      if (exit !== null && task.onExit(exit, readEndState(task, exit))) {
        this.remove(entry.nonce);
        continue;
      }
      const isLate = task.overAt !== null && Date.now() - task.overAt > SETTLE_MS;
      if (!isLate || task.state === null) continue;
      this.remove(entry.nonce);
      const isForeign = exit === null && ended.has(name);
      task.onEnd(isForeign ? { kind: 'foreign-exit' } : this.#judge(task, task.state));
    }
  }

  #begin(task: FollowedTask, path: string): void {
    const file = readStarted(path);
    if (file?.nonce !== task.entry.nonce || file.run === task.run?.run) return;
    if (task.run !== null) task.onBegunAgain();
    task.started = true;
    task.run = file;
    tellState(task, `runs on ${file.host}`);
  }

  #judge({ entry, run }: FollowedTask, state: JobState): JobEnd {
    const end = judgeEnd(state, this.#readSaid(entry));
    return run !== null && end.kind === 'not-begun' ? { kind: 'cut-off', state: end.state } : end;
  }

  #readSaid({ batch, index }: JobEntry): string {
    return readSaid(this.#journal.layout.batch(batch).said(index));
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      const hasNews = await this.#ask();
      this.#pause = hasNews
        ? this.#pollMs
        : Math.min(this.#pause * SLOWER, Math.max(SLOWEST_MS, this.#pollMs));
    } catch {
      // A controller that does not answer now is asked again; nothing is concluded from its silence.
      this.#pause = Math.min(this.#pause * 2, Math.max(SLOWEST_MS, this.#pollMs));
    } finally {
      this.#nextPoll = Date.now() + this.#pause;
      this.#isPolling = false;
    }
  }

  /** @returns whether anything is other than it was */
  async #ask(): Promise<boolean> {
    const asked = [...this.#tasks.values()];
    const batches = new Set(asked.map(({ entry }) => entry.batch));
    const ids = new Map<string, string>();
    let since = Date.now();
    for (const batch of batches) {
      const submittedAt = this.#journal.batch(batch)?.submittedAt ?? 0;
      since = Math.min(since, submittedAt);
      const id = this.#journal.idOf(batch) ?? (await this.#findId(batch, submittedAt));
      if (id !== null) ids.set(batch, id);
    }
    const nameOf = ({ entry }: FollowedTask) =>
      this.#journal.taskOf(entry, ids.get(entry.batch) ?? null);
    const states = await this.#client.ask(
      asked.flatMap((task) => nameOf(task) ?? []),
      since,
    );
    let hasNews = false;
    for (const task of asked) {
      // What has ended, or was added, meanwhile is not meant.
      if (this.#tasks.get(task.entry.nonce) !== task) continue;
      const name = nameOf(task);
      const state = name === null ? undefined : findState(states, name);
      hasNews = this.#note(task, state, name === null) || hasNews;
    }
    return hasNews;
  }

  /** The id of a batch whose submitter died before `sbatch` said it; null where Slurm has none yet. */
  async #findId(batch: string, submittedAt: number): Promise<string | null> {
    const name = this.#journal.batch(batch)?.name;
    const id = name === undefined ? null : await this.#client.findByName(name, submittedAt);
    if (id !== null) this.#journal.noteId(batch, id);
    return id;
  }

  #note(task: FollowedTask, state: JobState | undefined, isUnsubmitted: boolean): boolean {
    if (state === undefined) {
      // It may be on its way still.
      const isYoung = this.#journal.ageOf(task.entry.batch, Date.now()) < FLIGHT_MS;
      task.unknown += isUnsubmitted && isYoung ? 0 : 1;
      if (task.unknown < MOST_UNKNOWN) return true;
      // Other users' jobs Slurm may hide: to end one's attempt, and with it the job, would need more than that.
      if (this.#journal.isOfAnother(task.entry.batch)) {
        if (!task.isHidden) task.onHidden();
        task.isHidden = true;
        return false;
      }
      this.remove(task.entry.nonce);
      task.onEnd({ kind: isUnsubmitted ? 'unsubmitted' : 'lost' });
      return true;
    }
    task.unknown = 0;
    task.isHidden = false;
    const isNew = task.state?.state !== state.state;
    task.state = state;
    if (isStuck(state)) {
      this.remove(task.entry.nonce);
      task.onEnd({ kind: 'not-begun', state: state.reason, said: '' });
    } else if (isUnderWay(state)) {
      task.overAt = null;
      tellUnderWay(task, state, this.#oddities, () => this.#readSaid(task.entry));
    } else task.overAt ??= Date.now();
    return isNew || task.overAt !== null;
  }
}
