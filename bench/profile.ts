/**
 * Where a training step's time goes, by operator, and how much of it one thread works alone: from
 * onnxruntime's own profiles of the step with one thread and with several.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { fail } from '../experiment/data/failure.ts';
import type { Model } from '../experiment/models/model.ts';
import type { Engine } from '../experiment/training/engine.ts';
import { endlessGroups, randomSource } from './samples.ts';
import { formatTable } from './table.ts';

/** For how many threads the speed is predicted. */
const THREADS = [2, 4, 8, 16] as const;
/** The first calls open the session and fill the caches. */
const CALLS = { warmUp: 2, counted: 5 };

/** An operator's share of a step, in milliseconds with several threads. */
interface OperatorTime {
  readonly operator: string;
  /** How often it is run in a step. */
  readonly count: number;
  readonly ms: number;
  /** Of those: in runs whose work was not divided among threads. */
  readonly one_thread_ms: number;
}

/** Where a step's time goes. */
export interface StepProfile {
  readonly model: string;
  readonly threads: number;
  readonly ms_per_step: number;
  readonly ms_per_step_of_one_thread: number;
  /**
   * Milliseconds that one thread works alone, whatever their number: undivided operators, and all that
   * is outside operators (batch assembly, the calls, what onnxruntime does between operators).
   */
  readonly one_thread_ms: number;
  /** Of those outside operators. */
  readonly outside_ms: number;
  /** one_thread_ms by a whole step of one thread: Amdahl's share. */
  readonly one_thread_share: number;
  /** By number of threads: the greatest speed-up over one thread that this share allows. */
  readonly predicted_speed_up: Readonly<Record<string, number>>;
  /** The slowest first. */
  readonly operators: readonly OperatorTime[];
}

/** What is profiled, and with how many threads. */
export interface ProfileOptions {
  readonly model: Model;
  readonly batchSize: number;
  readonly threads: number;
  /** An engine of so many threads that holds the model's initial state. */
  readonly openEngine: (threads: number) => Promise<Engine>;
}

/**
 * Profiles a step with one thread and with `threads`. The profiler costs some microseconds an operator.
 *
 * @throws StageFailure where `threads` is 1: nothing would tell which operators divide their work
 */
export async function profileStep(options: ProfileOptions): Promise<StepProfile> {
  const { model, threads } = options;
  if (threads < 2) return fail('--profile needs --threads 2 or more');
  const alone = await traceSteps(options, 1);
  const { ms, operators } = await traceSteps(options, threads);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const outside = Math.max(0, ms - sum(operators.map((each) => each.ms)));
  const serial = outside + sum(operators.map((each) => each.one_thread_ms));
  const whole = Math.max(alone.ms, serial);
  const speedUp = (count: number) => whole / (serial + (whole - serial) / count);
  return {
    model: model.name,
    threads,
    ms_per_step: round(ms),
    ms_per_step_of_one_thread: round(alone.ms),
    one_thread_ms: round(serial),
    outside_ms: round(outside),
    one_thread_share: round(serial / whole),
    predicted_speed_up: Object.fromEntries(THREADS.map((count) => [count, round(speedUp(count))])),
    operators: operators.map((each) => ({
      ...each,
      ms: round(each.ms),
      one_thread_ms: round(each.one_thread_ms),
    })),
  };
}

/** The operators of a profile as a table. */
export function formatOperators({ operators }: StepProfile): string {
  const rows = operators.map(({ operator, count, ms, one_thread_ms: alone }) => [
    operator,
    ...[count, ms, alone].map(String),
  ]);
  return formatTable(['operator', 'runs', 'ms', 'of one thread'], rows);
}

async function traceSteps({ model, batchSize, openEngine }: ProfileOptions, threads: number) {
  const engine = await openEngine(threads);
  const atOnce = engine.batchesPerCall;
  const groups = endlessGroups(randomSource(model, 4 * atOnce * batchSize, batchSize), atOnce);
  const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'));
  const profile = profileSessions(join(folder, 'trace'));
  try {
    const times: number[] = [];
    for (let call = 0; call < CALLS.warmUp + CALLS.counted; call += 1) {
      const started = performance.now();
      await engine.train(groups.next().value, 0.01);
      times.push((performance.now() - started) / atOnce);
    }
    const runs = profile.end().flatMap((path) => readRuns(readFileSync(path, 'utf8')));
    // Every call runs the same operators: what the last calls ran stands at the end.
    const counted = runs.slice(-(runs.length / times.length) * CALLS.counted);
    const operators = sumUp(counted, CALLS.counted * atOnce);
    const ms = times.slice(-CALLS.counted).reduce((sum, each) => sum + each / CALLS.counted, 0);
    return { ms, operators };
  } finally {
    profile.restore();
    rmSync(folder, { recursive: true });
  }
}

/**
 * Lets onnxruntime write a profile of each session opened from now on. The product has no such
 * setting, so its calls are given one here.
 *
 * @returns `end`, which closes the profiles and gives their files, and `restore`, after which sessions
 *   are opened without
 */
function profileSessions(prefix: string) {
  const { create } = InferenceSession;
  const sessions: InferenceSession[] = [];
  const open = create as (model: Uint8Array, options: object) => Promise<InferenceSession>;
  const profiled = async (model: Uint8Array, options: object) => {
    const profileFilePrefix = `${prefix}-${sessions.length}`;
    const session = await open.call(InferenceSession, model, {
      ...options,
      enableProfiling: true,
      profileFilePrefix,
    });
    sessions.push(session);
    return session;
  };
  Object.assign(InferenceSession, { create: profiled });
  return {
    end: (): string[] => {
      for (const session of sessions) session.endProfiling();
      const folder = dirname(prefix);
      return readdirSync(folder).map((name) => join(folder, name));
    },
    restore: () => Object.assign(InferenceSession, { create }),
  };
}

/** One run of an operator. */
interface OperatorRun {
  readonly operator: string;
  readonly ms: number;
  readonly divided: boolean;
}

/** The part that is read of the events that onnxruntime writes. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    /** Empty with one thread. Blocks are listed where the operator divided its work. */
    readonly thread_scheduling_stats?:
      | ''
      | { readonly main_thread?: { readonly block_size: readonly number[] } };
  };
}

function readRuns(text: string): OperatorRun[] {
  const events = JSON.parse(text) as ProfileEvent[];
  return events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ dur, args }) => {
      const stats = args.thread_scheduling_stats;
      const blocks = typeof stats === 'object' ? (stats.main_thread?.block_size ?? []) : [];
      return { operator: args.op_name ?? '?', ms: dur / 1000, divided: blocks.length > 0 };
    });
}

function sumUp(runs: readonly OperatorRun[], steps: number): OperatorTime[] {
  const sums = new Map<string, { count: number; ms: number; one_thread_ms: number }>();
  for (const { operator, ms, divided } of runs) {
    const sum = sums.get(operator) ?? { count: 0, ms: 0, one_thread_ms: 0 };
    sum.count += 1 / steps;
    sum.ms += ms / steps;
    if (!divided) sum.one_thread_ms += ms / steps;
    sums.set(operator, sum);
  }
  return [...sums]
    .map(([operator, { count, ...times }]) => ({ operator, count: Math.round(count), ...times }))
    .toSorted((a, b) => b.ms - a.ms);
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
