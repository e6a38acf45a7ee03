/** Measures training steps and evaluations of one model, batch assembly included. */

import { trainingFlops } from '../experiment/models/flops.ts';
import type { Model } from '../experiment/models/model.ts';
import { batchGroups, naturalOrder } from '../experiment/training/batches.ts';
import type { Batch, Engine } from '../experiment/training/engine.ts';
import { endlessGroups, randomSource } from './samples.ts';

/** At least so many images are trained on; with fewer they might stay in the processor's cache. */
const IMAGES = 2048;
/** Not counted: the first calls, among them the one that opens the session. */
const WARM_UP_CALLS = 3;

export interface Measurement {
  readonly model: Model;
  readonly engine: Engine;
  readonly batchSize: number;
  /** How long to measure, after warm-up. */
  readonly seconds: number;
}

/** Measures once; the line to print. The first call of each, after which the caches hold it, is not counted. */
export type Meter = () => Promise<object>;

/** Trains until warm; the meter of a training step, of which it gives the median. */
export async function openTraining(measurement: Measurement): Promise<Meter> {
  const { model, engine, batchSize, seconds } = measurement;
  const atOnce = batchSize * engine.batchesPerCall;
  const source = randomSource(model, Math.ceil(IMAGES / atOnce) * atOnce, batchSize);
  const groups = endlessGroups(source, engine.batchesPerCall);
  const train = async (): Promise<number> => {
    const group = groups.next().value;
    await engine.train(group, 0.01);
    return group.length;
  };
  for (let call = 1; call < WARM_UP_CALLS; call += 1) await train();
  return async () => {
    await train();
    const milliseconds = median(await timeRepeatedly(seconds, train));
    return {
      ...describeModel(model),
      ms_per_step: Number(milliseconds.toFixed(3)),
      images_per_s: Math.round((batchSize * 1000) / milliseconds),
      gflops: Number(((trainingFlops(model) * batchSize) / milliseconds / 1e6).toFixed(1)),
      rss_mb: peakMemory(),
    };
  };
}

/**
 * Evaluates until warm; the meter of a pass over so many images. It times batches and stops when the
 * time is over, also within a pass: the pass takes the median of a full batch as often as there are
 * full ones, and that of the last, smaller one.
 */
export async function openEvaluation(measurement: Measurement, images: number): Promise<Meter> {
  const { model, engine, batchSize, seconds } = measurement;
  const source = randomSource(model, Math.ceil(IMAGES / batchSize) * batchSize, batchSize);
  const [full, rest] = [Math.floor(images / batchSize), images % batchSize];
  function* batches(count: number): Generator<Batch, never> {
    const order = naturalOrder(count).map((index) => index % source.samples.count);
    while (true) for (const group of batchGroups(source, order, 1)) yield* group;
  }
  const openTimer = (count: number) => {
    const endless = batches(count);
    const evaluate = async (): Promise<1> => {
      await engine.evaluate(endless.next().value);
      return 1;
    };
    return async (most: number) => {
      await evaluate();
      return median(await timeRepeatedly(most, evaluate));
    };
  };
  const [timeFull, timeRest] = [openTimer(full * batchSize), openTimer(rest)];
  const measure = async (most: number): Promise<number> => {
    const last = rest === 0 ? 0 : await timeRest(0);
    return last + (full === 0 ? 0 : full * (await timeFull(most)));
  };
  await measure(0);
  return async () => {
    const pass = (await measure(seconds)) / 1000;
    return {
      ...describeModel(model),
      images,
      seconds: Number(pass.toFixed(3)),
      images_per_s: Math.round(images / pass),
      rss_mb: peakMemory(),
    };
  };
}

function describeModel({ name, parameterCount }: Model) {
  return { model: name, params: parameterCount };
}

/**
 * Milliseconds of an action, repeated until the time is over, but made at least once; what it
 * returns divides its milliseconds: the steps of one call to the engine share its time evenly.
 */
async function timeRepeatedly(seconds: number, action: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length === 0 || performance.now() < end) {
    const started = performance.now();
    const parts = await action();
    times.push((performance.now() - started) / parts);
  }
  return times;
}

/** The middle value; of an even number of values the upper of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The greatest memory that this process has held so far, in MB. */
function peakMemory(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
