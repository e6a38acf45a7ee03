/**
 * Measures a training step, batch assembly included: `npx tsx bench/train-step.ts --help`. Prints
 * one JSON line a model: {"model","params","ms_per_step","images_per_s","gflops","rss_mb"}, medians
 * after warm-up. Each model is measured in a process of its own, whose peak memory `rss_mb` is.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findModel, MODEL_NAMES } from '../experiment/models/registry.ts';
import { initialState } from '../experiment/training/initialisation.ts';
import { writeDump } from './dump.ts';
import { ENGINE_NAMES, loadEngine } from './engines.ts';
import { type Meter, openEvaluation, openTraining } from './measure.ts';
import { readNumber, runMain } from './options.ts';
import { formatOperators, profileStep } from './profile.ts';

const USAGE = `Usage: npx tsx bench/train-step.ts [options]
  --models A,B    models to measure (${MODEL_NAMES.join(',')})
  --seconds N     seconds of measuring a model (4)
  --threads N     threads of the engine (2)
  --batch N       images a batch (128)
  --engine NAME   ${ENGINE_NAMES.join(' or ')} (onnx)
  --device NAME   what computes (cpu)
  --layout NAME   how values lie in memory (auto)
  --width N       what numbers of channels and units are multiplied by (1)
  --evaluate N    measure the evaluation of N images, not training
  --profile       measure nothing; print where a step's time goes, and what one thread does alone
  --dump DIR      measure nothing; write five steps into DIR/<model> for PyTorch to replay
  --gate          when warm, print "ready", then measure once for each line of input`;

const SGD = { momentum: 0.9, weightDecay: 0 };

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: MODEL_NAMES.join(',') },
    seconds: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    engine: { type: 'string', default: 'onnx' },
    device: { type: 'string', default: 'cpu' },
    layout: { type: 'string', default: 'auto' },
    width: { type: 'string', default: '1' },
    evaluate: { type: 'string' },
    profile: { type: 'boolean', default: false },
    dump: { type: 'string' },
    gate: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Prints the lines about one model. */
async function runOne(name: string): Promise<void> {
  const { device, layout } = values;
  const width = readNumber('width', values.width);
  const model = findModel(name, { width });
  const createEngine = await loadEngine(values.engine);
  const threads = readNumber('threads', values.threads);
  const initial = initialState(model, 42);
  const batchSize = readNumber('batch', values.batch);
  const openEngine = async (most: number) => {
    const opened = await createEngine({ device, layout }, { model, sgd: SGD, threads: most });
    await opened.importState(initial);
    return opened;
  };
  if (values.profile) {
    const profile = await profileStep({ model, batchSize, threads, openEngine });
    printLine(profile);
    return console.log(`\n${formatOperators(profile)}\n`);
  }
  const engine = await openEngine(threads);
  if (values.dump !== undefined) {
    const names = { engine: values.engine, device, layout };
    const folder = join(values.dump, model.name);
    const options = { model, width, engine, names, sgd: SGD, batchSize, initial };
    const { losses } = await writeDump(folder, options);
    return printLine({ model: model.name, dump: folder, losses });
  }
  const seconds = readNumber('seconds', values.seconds);
  const measurement = { model, engine, batchSize, seconds };
  await runMeter(
    values.evaluate === undefined
      ? await openTraining(measurement)
      : await openEvaluation(measurement, readNumber('evaluate', values.evaluate)),
  );
}

/** Measures once or, behind a gate, whenever it is told to: several processes measure together. */
async function runMeter(measure: Meter): Promise<void> {
  if (!values.gate) return printLine(await measure());
  console.log('ready');
  for await (const _ of createInterface({ input: process.stdin })) printLine(await measure());
}

function printLine(line: object): void {
  console.log(JSON.stringify(line));
}

/** Runs each model in a process of its own, so that none pays for another's memory. */
function runApart(names: readonly string[]): number {
  const script = fileURLToPath(import.meta.url);
  for (const name of names) {
    const args = [...process.execArgv, script, ...process.argv.slice(2), '--models', name];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

await runMain(async () => {
  const names = values.models.split(',');
  const [only = ''] = names;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (names.length > 1) return runApart(names);
  await runOne(only);
  return 0;
});
