/** Measures training steps and evaluations of one model, batch assembly included. */

import { once } from 'node:events';
import { trainingFlops } from '../experiment/models/flops.ts';
import type { Model } from '../experiment/models/model.ts';
import { batchGroups } from '../experiment/training/batches.ts';
import type { Engine } from '../experiment/training/engine.ts';
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
  /** When warm, print "ready" and wait for a line of input: several processes start together. */
  readonly gate: boolean;
}

/** Measures training: the line to print. */
export async function measureTraining(measurement: Measurement) {
  const { model, batchSize } = measurement;
  const milliseconds = median(await timeSteps(measurement));
  const operations = trainingFlops(model) * batchSize;
  return {
    model: model.name,
    params: model.parameterCount,
    ms_per_step: Number(milliseconds.toFixed(3)),
    images_per_s: Math.round((batchSize * 1000) / milliseconds),
    gflops: Number((operations / milliseconds / 1e6).toFixed(1)),
    rss_mb: peakMemory(),
  };
}

/** Measures the evaluation of so many images: the line to print. */
export async function measureEvaluation(measurement: Measurement, images: number) {
  const { model } = measurement;
  const seconds = median(await timeEvaluations(measurement, images)) / 1000;
  return {
    model: model.name,
    params: model.parameterCount,
    images,
    seconds: Number(seconds.toFixed(3)),
    images_per_s: Math.round(images / seconds),
    rss_mb: peakMemory(),
  };
}

/** Milliseconds of each step; the steps of one call to the engine share its time evenly. */
async function timeSteps(measurement: Measurement): Promise<number[]> {
  const { model, engine, batchSize } = measurement;
  const atOnce = batchSize * engine.batchesPerCall;
  const source = randomSource(model, Math.ceil(IMAGES / atOnce) * atOnce, batchSize);
  const groups = endlessGroups(source, engine.batchesPerCall);
  const train = async (): Promise<number> => {
    const group = groups.next().value;
    await engine.train(group, 0.01);
    return group.length;
  };
  for (let call = 0; call < WARM_UP_CALLS; call += 1) await train();
  return timeRepeatedly(measurement, train);
}

/** Milliseconds of each pass over the images, the last and smaller batch included. */
async function timeEvaluations(measurement: Measurement, images: number): Promise<number[]> {
  const { model, engine, batchSize } = measurement;
  const source = randomSource(model, Math.ceil(IMAGES / batchSize) * batchSize, batchSize);
  const evaluate = async (count: number): Promise<1> => {
    const order = Uint32Array.from({ length: count }, (_, index) => index % source.samples.count);
    for (const group of batchGroups(source, order, 1)) {
      for (const batch of group) await engine.evaluate(batch);
    }
    return 1;
  };
  // Opens the sessions for a full batch and for the last one.
  await evaluate(Math.min(images, batchSize) + (images % batchSize));
  return timeRepeatedly(measurement, () => evaluate(images));
}

/** Repeats an action until the time is over; what it returns divides its milliseconds. */
async function timeRepeatedly(
  { seconds, gate }: Measurement,
  action: () => Promise<number>,
): Promise<number[]> {
  if (gate) await waitForStart();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length === 0 || performance.now() < end) {
    const started = performance.now();
    const parts = await action();
    times.push((performance.now() - started) / parts);
  }
  return times;
}

async function waitForStart(): Promise<void> {
  console.log('ready');
  await once(process.stdin, 'data');
  process.stdin.destroy();
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
