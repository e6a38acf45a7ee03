/**
 * Measures a training step, batch assembly included: `npx tsx bench/train-step.ts --help`. Prints
 * one JSON line a model: {"model","params","ms_per_step","images_per_s","gflops","rss_mb"}, medians
 * after warm-up. Each model is measured in a process of its own, whose peak memory `rss_mb` is.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Dataset } from '../stages/data/dataset.ts';
import { openStream } from '../stages/data/random.ts';
import { trainingFlops } from '../stages/models/flops.ts';
import { findModel, MODEL_NAMES } from '../stages/models/registry.ts';
import { batchGroups, epochOrder } from '../stages/training/batches.ts';
import { initialState } from '../stages/training/initialisation.ts';
import { createOnnxEngine } from '../stages/training/onnx/create.ts';

const USAGE = `Usage: npx tsx bench/train-step.ts [options]
  --models A,B    models to measure (${MODEL_NAMES.join(',')})
  --seconds N     seconds of measuring a model (4)
  --threads N     threads of the engine (2)
  --batch N       images a batch (128)`;

const IMAGES_SHAPE = [3, 32, 32];
/** Not counted: the first calls, among them the one that opens the session. */
const WARM_UP_CALLS = 3;

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
  const engine = await createOnnxEngine({ device: 'cpu', layout: 'auto' }, { model, sgd, threads });
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

/** One line of the result. */
async function measure(name: string, options: BenchOptions) {
  const model = findModel(name);
  const milliseconds = median(await timeSteps(name, options));
  const operations = trainingFlops(model) * options.batchSize;
  return {
    model: model.name,
    params: model.parameterCount,
    ms_per_step: Number(milliseconds.toFixed(3)),
    images_per_s: Math.round((options.batchSize * 1000) / milliseconds),
    gflops: Number((operations / milliseconds / 1e6).toFixed(1)),
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Measures each model in a process of its own, so that none pays for another's memory. */
function measureApart(names: readonly string[], args: readonly string[]): number {
  const script = fileURLToPath(import.meta.url);
  for (const name of names) {
    const options = [...process.execArgv, script, ...args, '--models', name];
    const { status } = spawnSync(process.execPath, options, { stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
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
const names = values.models.split(',');
const [only = ''] = names;
if (values.help) {
  console.log(USAGE);
} else if (names.length > 1) {
  const { seconds, threads, batch } = values;
  process.exitCode = measureApart(names, [
    ...['--seconds', seconds],
    ...['--threads', threads],
    ...['--batch', batch],
  ]);
} else {
  const line = await measure(only, {
    seconds: Number(values.seconds),
    threads: Number(values.threads),
    batchSize: Number(values.batch),
  });
  console.log(JSON.stringify(line));
}
