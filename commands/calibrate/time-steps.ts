/** Runs in a process of its own: how long training steps and tests of a model take here. */

import { CHANNEL_COUNT, CLASS_COUNT, IMAGE_SIZE } from '../../experiment/data/images.ts';
import { openStream } from '../../experiment/data/random.ts';
import { findModel } from '../../experiment/models/registry.ts';
import { naturalOrder } from '../../experiment/training/batches.ts';
import type { BatchSource, Engine, PassResults } from '../../experiment/training/engine.ts';
import { initialState } from '../../experiment/training/initialisation.ts';
import { evaluateOver, trainOver } from '../../experiment/training/passes.ts';
import { openEngineByName } from './engine-by-name.ts';

/** What is measured: everything that decides how long a step takes, beside the machine. */
export interface StepSetting {
  readonly model: string;
  readonly width: number;
  readonly batchSize: number;
  readonly engine: string;
  readonly device: string;
  readonly layout: string;
  readonly threads: number;
}

/** How long it takes, in seconds. */
export interface StepTimes {
  /** A training step. */
  readonly step: number;
  /** A batch of a pass without training. */
  readonly test: number;
  /** Until an engine is ready for its first step. */
  readonly opening: number;
  /** The GPU that computes; null where none is named. */
  readonly adapter: string | null;
}

/** Data that no result is made of: any seed will do. */
const SEED = 1;
const MEAN = [0.5, 0.5, 0.5] as const;
const DEVIATION = [0.25, 0.25, 0.25] as const;
/** The test counts for less, so less time is spent on it. */
const TEST_SHARE = 1 / 3;

/**
 * Trains a model on noise, after a warm-up, for some seconds and at least one call of the engine.
 *
 * @throws StageFailure where the engine does not work here
 */
export async function timeSteps(setting: StepSetting, seconds: number): Promise<StepTimes> {
  const { batchSize, device, layout, threads } = setting;
  const model = findModel(setting.model, { width: setting.width });
  const startedAt = performance.now();
  const { create, adapterOf } = await openEngineByName(setting.engine);
  const sgd = { momentum: 0.9, weightDecay: 0 };
  const engine = await create({ device, layout }, { model, sgd, threads });
  const adapter = adapterOf();
  await engine.importState(initialState(model, SEED));
  const source = makeNoise(engine.batchesPerCall * batchSize, batchSize, model.inputShape);
  const order = naturalOrder(source.samples.count);
  const onStep = () => {};
  // With a rate of 0 the loss stays a number, however long this goes on.
  const trainPass = () => trainOver(engine, { source, order, onStep }, 0);
  await drain(trainPass());
  const readyAt = performance.now();
  const step = await measure(trainPass, engine, seconds);
  const testPass = () => evaluateOver(engine, { source, order, onStep });
  await drain(testPass());
  const test = await measure(testPass, engine, seconds * TEST_SHARE);
  await engine.close();
  const opening = Math.max(0, (readyAt - startedAt) / 1000 - step * engine.batchesPerCall);
  return { step, test, opening, adapter };
}

/** Seconds a batch: the median over passes. */
async function measure(pass: () => PassResults, engine: Engine, seconds: number): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  do {
    const startedAt = performance.now();
    await drain(pass());
    times.push((performance.now() - startedAt) / 1000);
  } while (performance.now() < until);
  times.sort((a, b) => a - b);
  return (times[Math.floor(times.length / 2)] ?? 0) / engine.batchesPerCall;
}

async function drain(results: PassResults): Promise<void> {
  for await (const _ of results);
}

function makeNoise(
  count: number,
  batchSize: number,
  sampleShape: BatchSource['sampleShape'],
): BatchSource {
  const stream = openStream(SEED, 'calibrate');
  const shape = [count, CHANNEL_COUNT, IMAGE_SIZE, IMAGE_SIZE];
  const pixels = shape.reduce((product, size) => product * size, 1);
  const data = new Uint8Array(pixels).map(() => stream.integer(256));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASS_COUNT);
  return {
    samples: { images: { shape, data }, labels, count },
    info: { mean: MEAN, deviation: DEVIATION },
    batchSize,
    sampleShape,
  };
}
