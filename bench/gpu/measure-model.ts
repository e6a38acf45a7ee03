/**
 * Measures one model on a GPU and prints JSON lines:
 * `node measure-model.js MODEL --width 1 --batch 128 --seconds 2 --reference FILE --toggles a,b --tune SECONDS --peaks GROUPS,MB`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { trainingFlops } from '../../experiment/models/flops.ts';
import { findModel } from '../../experiment/models/registry.ts';
import { trainOver } from '../../experiment/training/passes.ts';
import { openDevice, TIMING_TOGGLES } from '../../experiment/training/webgpu/device.ts';
import { wordCut } from '../../experiment/training/webgpu/kernels/kept-cuts.ts';
import { TILES, tile } from '../../experiment/training/webgpu/kernels/tile.ts';
import { openOnDevice } from '../../experiment/training/webgpu/tuning/on-device.ts';
import {
  searchTiles,
  type TimedCut,
} from '../../experiment/training/webgpu/tuning/search-tiles.ts';
import { openWebgpuEngine } from '../../experiment/training/webgpu/webgpu-engine.ts';
import { randomSource } from '../samples.ts';
import { measurePeaks } from './peaks.ts';
import { compareFirstSteps, type FirstSteps, makeFirstSteps, SGD } from './reference.ts';

/** Images that are trained on, and steps of an epoch of CIFAR-10 in batches of 128. */
const SAMPLES = 2048;
const EPOCH_STEPS = 391;

/** Tiles that the engine does not use, and that may be better. */
const MORE_TILES = [
  tile(64, 64, 16, 8, 8),
  tile(128, 128, 8, 8, 8),
  tile(64, 64, 32, 8, 4),
  tile(64, 32, 32, 4, 4),
  tile(32, 32, 32, 4, 4),
  tile(256, 64, 16, 8, 8),
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1' },
    batch: { type: 'string', default: '128' },
    seconds: { type: 'string', default: '1.5' },
    repeats: { type: 'string', default: '9' },
    reference: { type: 'string' },
    toggles: { type: 'string', default: '' },
    tune: { type: 'string' },
    kernels: { type: 'boolean', default: false },
    peaks: { type: 'string' },
    probe: { type: 'boolean', default: false },
  },
});
const [name = 'MLP1'] = positionals;
const width = Number(values.width);
const batch = Number(values.batch);
const model = findModel(name, { width });
const extra = values.toggles === '' ? [] : values.toggles.split(',');
const common = { model: name, width, batch, ...(extra.length > 0 ? { toggles: extra } : {}) };

function print(kind: string, line: object): void {
  console.log(JSON.stringify({ kind, ...common, ...line }));
}

const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits));

const started = performance.now();
const device = await openDevice([...TIMING_TOGGLES, ...extra]);
print('adapter', {
  adapter: device.name,
  machine: device.machine,
  open_s: rounded((performance.now() - started) / 1000, 2),
});

if (values.probe) process.exit(0);

if (values.peaks !== undefined) {
  const [groups = 4096, megabytes = 256] = values.peaks.split(',').map(Number);
  print('peaks', await measurePeaks(device, groups, megabytes));
}

if (values.tune !== undefined) {
  const tiles = [...TILES.map(([each]) => each), ...MORE_TILES];
  const word = ({ cut, seconds }: TimedCut): string =>
    `${wordCut(cut)}: ${(seconds * 1e6).toFixed(1)}us`;
  const found = await searchTiles(device, model, { batch, seconds: Number(values.tune), tiles });
  for (const { product, estimate, tried } of found) {
    const best = tried.slice(0, 4).map(word);
    print('tune', { label: product, estimate: word(estimate), best, tried: tried.length });
  }
  process.exit(0);
}

const training = await openOnDevice(device, model, batch);
const gflop = (trainingFlops(model) * batch) / 1e9;
let stepMs = 0;
for (let round = 0; round < 2; round += 1) {
  const { ms, encode_ms, steps, loss } = await training.time(Number(values.seconds));
  stepMs = ms;
  print('step', {
    ms: rounded(ms),
    encode_ms: rounded(encode_ms),
    tflops: rounded(gflop / ms, 2),
    dispatches: training.recording.passes.length,
    steps,
    loss: rounded(loss, 5),
    compile_s: rounded(training.openSeconds, 2),
    values_mb: Math.round(training.recording.bytes / 2 ** 20),
  });
}

const engine = await openWebgpuEngine({ model, sgd: SGD, threads: 1 }, device);
await measureEpochs();

if (values.kernels && device.hasTimestamps) {
  const times = await training.profile(Number(values.repeats));
  const total = times.reduce((sum, each) => sum + each, 0);
  print('busy', { ms: rounded(total * 1000) });
  for (const [index, { label, flops, bytes, grid }] of training.recording.passes.entries()) {
    const seconds = times[index] ?? Number.NaN;
    print('kernel', {
      index,
      label,
      us: rounded(seconds * 1e6, 1),
      share: rounded(seconds / total, 3),
      gflop: rounded((flops * batch) / 1e9, 3),
      tflops: rounded((flops * batch) / seconds / 1e12, 2),
      mb: rounded(bytes(batch) / 1e6, 2),
      gb_s: Math.round(bytes(batch) / seconds / 1e9),
      grid: grid(batch).join('x'),
    });
  }
}

if (values.reference !== undefined && existsSync(values.reference)) {
  const expected = JSON.parse(readFileSync(values.reference, 'utf8')) as FirstSteps;
  const steps = expected.losses.length;
  const found = await makeFirstSteps(engine, model, { width, batch, steps });
  print('agreement', compareFirstSteps(found, expected));
}
process.exit(0);

/** As a training drives the engine: whole passes over samples, with losses read and batches in an epoch's order. */
async function measureEpochs(): Promise<void> {
  const source = randomSource(model, SAMPLES, batch);
  const wanted = Math.round((Number(values.seconds) * 500) / stepMs);
  const steps = Math.min(EPOCH_STEPS, Math.max(4, wanted));
  const order = Uint32Array.from({ length: steps * batch }, (_, place) => place % SAMPLES);
  const train = async (): Promise<number> => {
    const begun = performance.now();
    const pass = { source, order, onStep: () => {} };
    for await (const _ of trainOver(engine, pass, 0.01));
    return (performance.now() - begun) / 1000;
  };
  const first = await train();
  const ms = (Math.min(await train(), await train()) / steps) * 1000;
  print('engine', {
    ms: rounded(ms),
    steps,
    first_pass_s: rounded(first, 2),
    epoch_s: rounded((ms * EPOCH_STEPS) / 1000, 2),
  });
}
