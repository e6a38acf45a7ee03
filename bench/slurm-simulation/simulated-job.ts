/** Jobs of a simulated cluster, and their tasks. */

import type { BatchRecord } from '../../pipeline/slurm/job-files.ts';
import type { TaskOnNode } from './task-on-node.ts';

/** As Slurm calls it. */
export type TaskState =
  | 'PENDING'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMEOUT'
  | 'NODE_FAIL';

/** One task of a job. */
export interface SimulatedTask {
  readonly job: SimulatedJob;
  readonly index: number;
  readonly cell: string;
  state: TaskState;
  reason: string;
  node: string;
  /** What it was until `changedAt`; null where it was not there. */
  before: TaskState | null;
  changedAt: number;
  /** Slurm has forgotten it. */
  isLost: boolean;
  run: { readonly work: TaskOnNode | null; readonly timer: NodeJS.Timeout } | null;
}

/** A job, of one task or an array. */
export interface SimulatedJob {
  readonly id: number;
  readonly name: string;
  readonly folder: string;
  readonly record: BatchRecord;
  readonly throttle: number;
  readonly isArray: boolean;
  readonly tasks: SimulatedTask[];
  readonly waiting: SimulatedTask[];
  running: number;
}

/** What is asked for a new job. */
export interface NewJob {
  readonly name: string;
  readonly folder: string;
  readonly count: number | null;
  readonly throttle: number;
}

/** Whether it waits or runs. */
export function isActive({ state }: SimulatedTask): boolean {
  return state === 'PENDING' || state === 'RUNNING';
}

/** A job that waits. */
export function makeJob(id: number, asked: NewJob, record: BatchRecord): SimulatedJob {
  const { name, folder, count, throttle } = asked;
  const common = { id, name, folder, record, throttle, isArray: count !== null };
  const job: SimulatedJob = { ...common, tasks: [], waiting: [], running: 0 };
  const first = { state: 'PENDING', reason: 'Resources', node: '', before: null } as const;
  for (let index = 0; index < (count ?? 1); index++) {
    const cell = record.tasks[index]?.node ?? '';
    job.tasks.push({ job, index, cell, ...first, changedAt: Date.now(), isLost: false, run: null });
  }
  job.waiting.push(...job.tasks);
  return job;
}
