/** A cluster that computes nothing: jobs wait for nodes, run for a drawn time, and end as the seed has it. */

import { readBatch } from '../../pipeline/slurm/job-files.ts';
import { BatchLayout } from '../../pipeline/slurm/jobs-layout.ts';
import type { Fate, Faults } from './faults.ts';
import {
  isActive,
  makeJob,
  type NewJob,
  type SimulatedJob,
  type SimulatedTask,
  type TaskState,
} from './simulated-job.ts';
import { TaskOnNode } from './task-on-node.ts';

/** What a simulated cluster is like. */
export interface ClusterShape {
  /** Each runs one task at a time. */
  readonly nodes: number;
  /** How long a cell runs on average; from half of that to one and a half. */
  readonly runSeconds: number;
  /** Limits of Slurm, as its administrator sets them. */
  readonly maxArraySize: number;
  readonly maxSubmitJobs: number;
}

const CYCLE_MS = 50;
const REQUEUE_MS = 1_000;
const NODE_AWAY_MS = 5_000;
const LATE_EXIT_MS = 1_500;
const INTERRUPTED: ReadonlySet<Fate> = new Set([
  'preempted',
  'node-requeued',
  'node-failed',
  'cut-off',
  'lost',
]);

/** A cluster with its jobs, and what they did. */
export class SimulatedCluster {
  readonly #shape: ClusterShape;
  readonly #faults: Faults;
  readonly #free: string[];
  readonly #queue = new Set<SimulatedJob>();
  readonly #runs = new Map<string, number>();
  readonly #running = new Map<string, SimulatedTask>();
  #cycle: NodeJS.Timeout | undefined;
  readonly jobs = new Map<number, SimulatedJob>();
  readonly byName = new Map<string, SimulatedJob[]>();
  /** How often the stage of each cell ended well. */
  readonly completed = new Map<string, number>();
  /** How many runs ended how. */
  readonly fates = new Map<Fate | 'cancelled' | 'superseded', number>();
  /** How often a cell was begun while another of its jobs ran. */
  overlaps = 0;
  active = 0;

  constructor(shape: ClusterShape, faults: Faults) {
    this.#shape = shape;
    this.#faults = faults;
    this.#free = Array.from({ length: shape.nodes }, (_, i) => `node${i}`).reverse();
  }

  /** How many tasks run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Takes a job. @returns its id, or what is wrong with it as Slurm says it */
  submit(asked: NewJob): number | string {
    const { name, folder, count } = asked;
    const { maxArraySize, maxSubmitJobs } = this.#shape;
    const tasks = count ?? 1;
    if (tasks >= maxArraySize)
      return 'Batch job submission failed: Invalid job array specification';
    if (this.active + tasks > maxSubmitJobs) {
      return "AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
    }
    const record = readBatch(new BatchLayout(folder).record);
    if (record === null) return `Unable to open file ${folder}`;
    const id = 1 + this.jobs.size;
    const job = makeJob(id, asked, record);
    this.active += tasks;
    this.jobs.set(id, job);
    this.byName.set(name, [...(this.byName.get(name) ?? []), job]);
    this.#wait(job);
    return id;
  }

  cancel(task: SimulatedTask): void {
    if (!isActive(task)) return;
    if (task.state === 'PENDING') task.job.waiting.splice(task.job.waiting.indexOf(task), 1);
    task.run?.work?.stop(false);
    this.#count('cancelled');
    this.#leave(task, 'CANCELLED');
  }

  /** Ends all that runs, so that nothing more happens. */
  close(): void {
    clearTimeout(this.#cycle);
    for (const { run } of this.#running.values()) clearTimeout(run?.timer);
    this.#queue.clear();
  }

  #wait(job: SimulatedJob): void {
    this.#queue.add(job);
    this.#cycle ??= setTimeout(() => {
      this.#cycle = undefined;
      this.#fill();
    }, CYCLE_MS);
  }

  #fill(): void {
    for (const job of this.#queue) {
      while (this.#free.length > 0 && job.running < job.throttle) {
        const task = job.waiting.shift();
        if (task === undefined) break;
        this.#start(task, this.#free.pop() ?? '');
      }
      if (job.waiting.length === 0) this.#queue.delete(job);
      if (this.#free.length === 0) return;
    }
  }

  #start(task: SimulatedTask, node: string): void {
    const { job, index, cell } = task;
    const run = this.#runs.get(cell) ?? 0;
    this.#runs.set(cell, run + 1);
    if (this.#running.has(cell)) this.overlaps += 1;
    job.running += 1;
    task.node = node;
    this.#change(task, 'RUNNING', 'None');
    const fate = this.#faults.fateOf(cell, run);
    const work = TaskOnNode.begin(job.record, job.folder, index, `${job.id}-${run}`, node);
    const share = 0.5 + this.#faults.draw(`time ${cell} ${run}`);
    const part = work === null ? 0 : INTERRUPTED.has(fate) ? 0.5 : 1;
    const ms = this.#shape.runSeconds * 1000 * share * part;
    task.run = { work, timer: setTimeout(() => this.#end(task, work, fate), ms) };
    this.#running.set(cell, task);
  }

  #end(task: SimulatedTask, work: TaskOnNode | null, fate: Fate): void {
    if (work === null || !work.isWanted) {
      this.#count('superseded');
      this.#leave(task, 'COMPLETED');
      return;
    }
    this.#count(fate);
    switch (fate) {
      case 'done':
      case 'late-exit': {
        const show = work.finish();
        if (fate === 'done') show();
        else setTimeout(show, LATE_EXIT_MS);
        this.completed.set(task.cell, (this.completed.get(task.cell) ?? 0) + 1);
        this.#leave(task, 'COMPLETED');
        return;
      }
      case 'failed':
        work.fail();
        this.#leave(task, 'COMPLETED');
        return;
      case 'time-limit':
        work.stop(true);
        this.#leave(task, 'TIMEOUT');
        return;
      case 'cut-off':
        this.#leave(task, 'FAILED');
        return;
      case 'node-failed':
        this.#leave(task, 'NODE_FAIL', NODE_AWAY_MS);
        return;
      case 'lost':
        task.isLost = true;
        this.#leave(task, 'FAILED');
        return;
      case 'preempted':
      case 'node-requeued': {
        if (fate === 'preempted') work.stop(false);
        this.#leave(task, 'PENDING', fate === 'preempted' ? 0 : NODE_AWAY_MS);
        setTimeout(() => {
          if (task.state !== 'PENDING') return;
          task.job.waiting.push(task);
          this.#wait(task.job);
        }, REQUEUE_MS);
      }
    }
  }

  /** It runs no more; its node takes another after a while. */
  #leave(task: SimulatedTask, state: TaskState, awayMs = 0): void {
    const { job, cell, node, run } = task;
    if (task.state === 'RUNNING') {
      clearTimeout(run?.timer);
      job.running -= 1;
      if (this.#running.get(cell) === task) this.#running.delete(cell);
      const free = () => {
        this.#free.push(node);
        const [first] = this.#queue;
        if (first !== undefined) this.#wait(first);
      };
      if (awayMs === 0) free();
      else setTimeout(free, awayMs);
    }
    task.run = null;
    if (state !== 'PENDING') this.active -= 1;
    this.#change(task, state, state === 'PENDING' ? 'BeginTime' : 'None');
  }

  #change(task: SimulatedTask, state: TaskState, reason: string): void {
    task.before = task.state;
    task.state = state;
    task.reason = reason;
    task.changedAt = Date.now();
  }

  #count(fate: Fate | 'cancelled' | 'superseded'): void {
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
  }
}
