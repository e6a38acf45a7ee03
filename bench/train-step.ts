/**
 * Measures a training step, batch assembly included: `npx tsx bench/train-step.ts --help`. Prints
 * one JSON line a model: {"model","params","ms_per_step","images_per_s"}, medians after warm-up.
 */

import { parseArgs } from 'node:util';
import type { Dataset } from '../stages/data/dataset.ts';
import { openStream } from '../stages/data/random.ts';
import { findModel, MODEL_NAMES } from '../stages/models/registry.ts';
import { batchGroups, epochOrder } from '../stages/training/batches.ts';
import { createEngine } from '../stages/training/engines.ts';
import { initialState } from '../stages/training/initialisation.ts';

const USAGE = `Usage: npx tsx bench/train-step.ts [options]
  --models A,B    models to measure (${MODEL_NAMES.join(',')})
  --seconds N     seconds of measuring a model (4)
  --threads N     threads of the engine (2)
  --batch N       images a batch (128)`;

const IMAGES_SHAPE = [3, 32, 32];
const WARM_UP_CALLS = 5;

interface BenchOptions {
  readonly seconds: number;
  readonly threads: number;
  readonly batchSize: number;
}

/** Random images: what a step costs does not depend on what they show. */
function randomImages(count: number): Pick<Dataset, 'train' | 'info'> {
  const stream = openStream(1, 'bench/images');
  const size = IMAGES_SHAPE.reduce((a, b) => a * b, count);
  const data = Uint8Array.from({ length: size }, () => stream.integer(256));
  const labels = Uint8Array.from({ length: count }, () => stream.integer(10));
  return {
    train: { images: { shape: [count, ...IMAGES_SHAPE], data }, labels, count },
    info: {
      name: 'random images',
      synthetic: true,
      classes: Array.from({ length: 10 }, (_, index) => String(index)),
      train: count,
      test: 1,
      split: 'paper',
      corruption: 'none',
      p: 0,
      seed: 1,
      mean: [0.5, 0.5, 0.5],
      deviation: [0.25, 0.25, 0.25],
    },
  };
}

/** Milliseconds of each step; the steps of one call to the engine share its time evenly. */
async function timeSteps(name: string, options: BenchOptions): Promise<number[]> {
  const { seconds, threads, batchSize } = options;
  const model = findModel(name);
  const sgd = { momentum: 0.9, weightDecay: 0 };
  const engine = await createEngine({ name: 'onnx', device: 'cpu' }, { model, sgd, threads });
  await engine.importState(initialState(model, 42));
  const { train: samples, info } = randomImages(batchSize * engine.batchesPerCall * 2);
  const source = { samples, info, batchSize, sampleShape: model.inputShape };
  const times: number[] = [];
  let measured = 0;
  for (let epoch = 1; measured < seconds * 1000; epoch += 1) {
    let started = performance.now();
    for (const group of batchGroups(
      source,
      epochOrder(1, epoch, samples.count),
      engine.batchesPerCall,
    )) {
      await engine.train(group, 0.01);
      const elapsed = performance.now() - started;
      if (times.length >= WARM_UP_CALLS) measured += elapsed;
      times.push(elapsed / group.length);
      started = performance.now();
    }
  }
  return times.slice(WARM_UP_CALLS);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: MODEL_NAMES.join(',') },
    seconds: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const options = {
    seconds: Number(values.seconds),
    threads: Number(values.threads),
    batchSize: Number(values.batch),
  };
  for (const name of values.models.split(',')) {
    const milliseconds = median(await timeSteps(name, options));
    const line = {
      model: name,
      params: findModel(name).parameterCount,
      ms_per_step: Number(milliseconds.toFixed(3)),
      images_per_s: Math.round((options.batchSize * 1000) / milliseconds),
    };
    console.log(JSON.stringify(line));
  }
}
