/** What a run takes while it goes on: of its watch, its memory and its files. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Look } from './watched-run.ts';

/** What the run was like when so much was done. */
export interface Sample {
  readonly done: number;
  /** Waiting or running in Slurm. */
  readonly queued: number;
  readonly running: number;
  readonly seconds: number;
  /** Of one look at all jobs, on average and at most since the sample before; null where there was none. */
  readonly cycle_ms: number | null;
  readonly longest_ms: number;
  readonly rss_mb: number;
  /** CPU time over time, since the sample before. */
  readonly cpu_share: number | null;
  readonly journal_files: number;
  readonly journal_mb: number;
}

const MB = 1 << 20;
const call = promisify(execFile);

/** What a process noted of itself since one of its looks. */
export function sumUp(looks: readonly Look[], since: Look | undefined) {
  const last = looks.at(-1);
  const first = since ?? looks[0];
  const fresh = looks.filter(({ time }) => time > (since?.time ?? 0));
  const cycles = sum(fresh.map((one) => one.cycles));
  const seconds = last === undefined || first === undefined ? 0 : (last.time - first.time) / 1000;
  const cpuSeconds = (last?.cpuSeconds ?? 0) - (first?.cpuSeconds ?? 0);
  return {
    cycle_ms: cycles === 0 ? null : round(sum(fresh.map(({ cycleMs }) => cycleMs)) / cycles),
    longest_ms: round(Math.max(0, ...fresh.map(({ longestMs }) => longestMs))),
    rss_mb: Math.round((last?.rss ?? 0) / MB),
    cpu_share: seconds === 0 ? null : round(cpuSeconds / seconds),
  };
}

/** The most memory that some processes had, in MB. */
export function findPeak(looks: readonly Look[]): number {
  return Math.round(looks.reduce((most, { rss }) => Math.max(most, rss), 0) / MB);
}

/** How much is written down of jobs in a workspace. */
export async function measureJournal(workspace: string) {
  const jobs = join(workspace, '.pipeline', 'jobs');
  // Files come and go meanwhile, of which both complain.
  const options = { maxBuffer: 64 * MB };
  const said = (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' });
  const sizes = await call('du', ['-sb', jobs], options).catch(said);
  const names = await call('find', [jobs, '-type', 'f', '-printf', '.'], options).catch(said);
  return {
    journal_files: names.stdout.length,
    journal_mb: round((Number.parseInt(sizes.stdout, 10) || 0) / MB),
  };
}

/** The sum of numbers. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** With two decimals. */
export function round(value: number): number {
  return Number(value.toFixed(2));
}
