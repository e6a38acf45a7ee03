import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DumpRecord } from '../../../bench/dump.ts';
import type { StepProfile } from '../../../bench/profile.ts';
import { readNpy } from '../../../experiment/data/npy.ts';
import { findModel } from '../../../experiment/models/registry.ts';
import { readModelValues } from '../../../experiment/training/checkpoint.ts';
import { atRest } from '../../../experiment/training/engine.ts';
import { decodeSafetensors } from '../../../experiment/training/safetensors.ts';
import { doubleState, gradientErrors, step } from '../../contract/training/reference.ts';
import { temporaryFolder } from '../../unit/stages/train/stage.ts';
import { parseLines, runBench } from './run.ts';

const SMALL = ['--width', '0.125', '--batch', '8', '--threads', '1', '--seconds', '0.1'];

describe('bench/train-step.ts', () => {
  it('prints a line a model with what a training step costs', async () => {
    const { code, stdout } = await runBench('train-step.ts', ['--models', 'Net,MLP1', ...SMALL]);
    expect(code).toBe(0);
    const lines = parseLines(stdout);
    expect(lines.map(({ model, params }) => [model, params])).toEqual(
      ['Net', 'MLP1'].map((name) => [name, findModel(name, { width: 0.125 }).parameterCount]),
    );
    for (const { model, params, ...measured } of lines) {
      const numbers = Object.entries(measured);
      expect(numbers.map(([key]) => key)).toEqual([
        'ms_per_step',
        'images_per_s',
        'gflops',
        'rss_mb',
      ]);
      for (const [key, value] of numbers) expect(value, key).toBeGreaterThan(0);
    }
  });

  it('measures the evaluation of so many images, the last and smaller batch included', async () => {
    const args = ['--models', 'MLP1', '--evaluate', '20', ...SMALL];
    const { stdout } = await runBench('train-step.ts', args);
    const [line] = parseLines(stdout);
    expect(line).toMatchObject({ model: 'MLP1', images: 20 });
    expect(Object.keys(line ?? {})).toEqual([
      'model',
      'params',
      'images',
      'seconds',
      'images_per_s',
      'rss_mb',
    ]);
  });

  it('tells by operator where the time goes, and what one thread works alone', async () => {
    const args = ['--models', 'Net', '--profile', ...SMALL, '--threads', '2'];
    const { code, stdout, stderr } = await runBench('train-step.ts', args);
    expect(code, stderr).toBe(0);
    const [profile] = parseLines(stdout.split('\n\n')[0] ?? '') as unknown as [StepProfile];
    const operators = new Map(profile.operators.map((each) => [each.operator, each]));
    // A relabelling is never divided.
    const reshape = operators.get('Reshape');
    expect(reshape?.one_thread_ms).toBe(reshape?.ms);
    expect(operators.get('Conv')?.count).toBeGreaterThanOrEqual(4 + 3 + 4);
    expect(profile.one_thread_share).toBeGreaterThan(0);
    expect(profile.one_thread_share).toBeLessThanOrEqual(1);
    const speedUp = profile.predicted_speed_up;
    expect(speedUp['16']).toBeCloseTo(
      1 / (profile.one_thread_share + (1 - profile.one_thread_share) / 16),
      1,
    );
    expect(stdout).toContain(`| Reshape | ${reshape?.count} |`);
  });

  it.each([
    [['--engine', 'torch'], /--engine is "torch"; expected one of onnx/],
    [['--seconds', 'many'], /--seconds is "many"; expected a number above 0/],
    [['--models', 'VGG'], /there is no model "VGG"/],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await runBench('train-step.ts', ['--models', 'MLP1', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});

/** A dumped training, followed in double precision from its own files. */
async function follow(folder: string) {
  const record = JSON.parse(readFileSync(join(folder, 'dump.json'), 'utf8')) as DumpRecord;
  const model = findModel(record.model, { width: record.width });
  const read = (name: string) =>
    decodeSafetensors(readFileSync(join(folder, `${name}.safetensors`))).tensors;
  const state = doubleState(atRest(readModelValues(model, read('state.0'), '')));
  const sgd = { momentum: record.momentum, weightDecay: record.weight_decay };
  const losses: number[] = [];
  for (let index = 0; index < record.steps; index += 1) {
    const images = await readNpy(join(folder, `images.${index}.npy`));
    const labels = await readNpy(join(folder, `labels.${index}.npy`));
    expect(images.shape).toEqual([record.batch, 3, 28, 28]);
    expect(labels.shape).toEqual([record.batch]);
    if (!(images.data instanceof Float32Array) || !(labels.data instanceof Int32Array)) {
      throw new TypeError('expected float32 images and int32 labels');
    }
    const batch = { images: images.data, labels: labels.data };
    losses.push(step(model, state, batch, sgd, record.learning_rate));
  }
  return { record, model, losses, state, final: read(`state.${record.steps}`) };
}

describe('bench/train-step.ts --dump', () => {
  it.each([
    ['Net', 'auto', '8'],
    ['WideResNet', 'plain', '8'],
    // With 8 samples, a unit's input is 1.4e-8: rounding decides on which side of the ReLU's kink it lies.
    ['MLP3', 'auto', '16'],
  ])('writes %s (%s) so that another implementation can follow it', async (name, layout, batch) => {
    const folder = await temporaryFolder();
    const args = [
      '--models',
      name,
      '--layout',
      layout,
      '--dump',
      folder,
      ...SMALL,
      '--batch',
      batch,
    ];
    const { code, stderr } = await runBench('train-step.ts', args);
    expect(code, stderr).toBe(0);

    const { record, model, losses, state, final } = await follow(join(folder, name));
    expect(record).toMatchObject({ model: name, width: 0.125, engine: 'onnx', layout, steps: 5 });
    for (const [index, loss] of losses.entries()) {
      expect(Math.abs((record.losses[index] ?? 0) - loss)).toBeLessThan(1e-3 * loss);
    }
    const values = new Map([...state.weights, ...state.statistics]);
    const velocities = new Map(
      [...state.velocities].map(([key, each]) => [`velocity/${key}`, each] as const),
    );
    expect([...final.keys()].sort()).toEqual([...values.keys(), ...velocities.keys()].sort());
    const found = new Map([...final].map(([key, { data }]) => [key, data]));
    for (const group of [values, velocities]) {
      for (const [key, error] of gradientErrors(found, group)) {
        expect(error, key).toBeLessThan(1e-3);
      }
    }
    for (const { name: key, shape } of model.parameters) {
      expect(final.get(key)?.shape).toEqual(shape);
    }
  });
});
