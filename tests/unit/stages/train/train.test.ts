import { createHash } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cropImages } from '../../../../experiment/data/images.ts';
import type { NpyArray } from '../../../../experiment/data/npy.ts';
import { formatMetrics, parseMetrics } from '../../../../experiment/recorded/metrics.ts';
import { decodeSafetensors } from '../../../../experiment/training/safetensors.ts';
import { run as train } from '../../../../stages/train/onnx.ts';
import { exampleConfig, exampleDataset } from '../../experiment/training/examples.ts';
import { messagesOf, placesFor, type TrainJob, trainJob } from './stage.ts';

const NON_VOLATILE = ['metrics', 'threshold', 'checkpoint'] as const;

/** The SHA-256 of every output that must be the same in every run. */
async function digestOutputs({ outputs }: TrainJob): Promise<Record<string, string>> {
  const entries = NON_VOLATILE.map(async (name) => {
    const bytes = await readFile(outputs[name]);
    return [name, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Runs a job that dies when the bar of this label has got to `done`. */
async function trainUntilKilled(job: TrainJob, label: string, done: number): Promise<void> {
  const { emit } = job.context;
  const killed = train({
    ...job.context,
    emit: (event) => {
      emit(event);
      if (event.type === 'progress' && event.label === label && event.done >= done) {
        throw new Error('killed');
      }
    },
  });
  await expect(killed).rejects.toThrow('killed');
}

describe('the stage train', () => {
  it('tells once of less memory reserved than it takes', async () => {
    const places = await placesFor(exampleDataset(20, 10));
    const job = await trainJob(exampleConfig({ num_epochs: 2 }), places, { memory: 1e6 });
    await train(job.context);
    const told = messagesOf(job.events).filter((text) => text.includes('of memory'));
    expect(told).toEqual([expect.stringMatching(/^Takes \d+MB of memory, .* reserve 1MB: raise/)]);
    const ample = await trainJob(
      exampleConfig({ num_epochs: 1 }),
      await placesFor(exampleDataset(20, 10)),
      { memory: 1e12 },
    );
    await train(ample.context);
    expect(messagesOf(ample.events).join()).not.toContain('of memory');
  });

  it('writes the metrics of every step and epoch, and stops at the interpolation threshold', async () => {
    const places = await placesFor(exampleDataset(70, 10));
    const config = exampleConfig({ num_epochs: 40, stop_at_interpolation: true, log_every: 2 });
    const job = await trainJob(config, places);
    await train(job.context);

    const text = await readFile(job.outputs.metrics, 'utf8');
    const lines = parseMetrics(text);
    expect(formatMetrics(lines)).toBe(text);
    expect(lines[0]).toEqual({
      kind: 'run',
      experiment: 'MLP1_0.0_none',
      model: 'MLP1',
      corruption: 'none',
      p: 0,
      seed: 42,
      weight_decay: 0,
      crop: false,
      decay_every: null,
      width: 1,
      init: 'pytorch',
      parameters: 1_209_866,
      train: 70,
      batch_size: 16,
      dataset: 'ten patterns',
      synthetic: true,
      engine: 'onnx',
    });
    const epochs = lines.filter((line) => line.kind === 'epoch');
    const threshold = lines.find((line) => line.kind === 'threshold');
    const reached = epochs.findIndex(({ loss, accuracy }) => loss < 0.01 || accuracy > 0.997);
    expect(reached).toBe(epochs.length - 1);
    const last = epochs.at(-1);
    expect(last?.step).toBe(5 * epochs.length);
    const { kind, learning_rate, ...means } = last ?? { kind: null, learning_rate: null };
    expect(kind).toBe('epoch');
    expect(learning_rate).toBeCloseTo(0.01 * 0.95 ** (epochs.length - 1), 12);
    expect(threshold).toEqual({ ...means, kind: 'threshold' });
    expect(lines.at(-1)).toEqual({
      kind: 'end',
      epoch: epochs.length,
      step: 5 * epochs.length,
      reason: 'interpolated',
    });

    // The step lines before an even epoch end cover its samples: their mean is the epochs' mean.
    const steps = lines.filter((line) => line.kind === 'step');
    expect(steps.map(({ step }) => step)).toEqual(
      Array.from({ length: Math.floor((5 * epochs.length) / 2) }, (_, index) => 2 * (index + 1)),
    );
    // Steps 2, 4, 6, 8 and 10: batches of 16 but for the last of each epoch, of 6.
    const samples = [32, 32, 22, 32, 22];
    const weighted = steps
      .slice(0, 5)
      .reduce((sum, { loss }, i) => sum + loss * Number(samples[i]), 0);
    const expected = ((epochs[0]?.loss ?? 0) + (epochs[1]?.loss ?? 0)) * 70;
    expect(weighted).toBeCloseTo(expected, 9);

    const reachedAt = `Interpolation threshold reached at epoch ${epochs.length} after `;
    expect(messagesOf(job.events)).toEqual([expect.stringContaining(reachedAt)]);
    expect(job.events.at(-1)).toEqual({
      type: 'summary',
      values: {
        epochs: epochs.length,
        steps: 5 * epochs.length,
        loss: last?.loss,
        accuracy: last?.accuracy,
        reached: true,
      },
    });
    const timing = (await readFile(job.outputs.timing, 'utf8')).trimEnd().split('\n');
    expect(timing.map((line) => JSON.parse(line).epoch)).toEqual(epochs.map(({ epoch }) => epoch));
  });

  it('warns once, and before its end, where the learning rate is spent far from the threshold', async () => {
    const places = await placesFor(exampleDataset(64, 10));
    const slow = { num_epochs: 40, learning_rate: 0.0005, lr_decay: 0.6 };
    const job = await trainJob(exampleConfig(slow), places);
    await train(job.context);
    const told = job.events.findIndex((event) => event.type === 'message');
    expect(job.events[told]).toMatchObject({
      level: 'warning',
      text: expect.stringMatching(/will hardly reach the interpolation threshold/),
    });
    expect(messagesOf(job.events)).toHaveLength(1);
    const after = job.events.slice(told).filter(({ type }) => type === 'fraction');
    expect(after.length).toBeGreaterThan(20);
  });

  it('goes on to the last epoch where it should not stop, keeping the weights at the threshold', async () => {
    const places = await placesFor(exampleDataset(64, 10));
    const stopping = await trainJob(
      exampleConfig({ num_epochs: 30, stop_at_interpolation: true }),
      { ...places, scratch: join(places.scratch, 'a') },
    );
    const going = await trainJob(exampleConfig({ num_epochs: 30 }), {
      ...places,
      scratch: join(places.scratch, 'b'),
    });
    await train(stopping.context);
    await train(going.context);
    const [stopped, gone] = [await digestOutputs(stopping), await digestOutputs(going)];
    expect(gone['threshold']).toBe(stopped['threshold']);
    expect(gone['checkpoint']).not.toBe(stopped['checkpoint']);
    const lines = parseMetrics(await readFile(going.outputs.metrics, 'utf8'));
    expect(lines.at(-1)).toEqual({ kind: 'end', epoch: 30, step: 120, reason: 'epochs' });
  });

  it('reports a bar an epoch with the means so far', async () => {
    const places = await placesFor(exampleDataset(70, 10));
    const job = await trainJob(exampleConfig({ num_epochs: 2 }), places);
    await train(job.context);
    const bars = job.events.filter((event) => event.type === 'progress');
    expect(bars.map(({ label, done, total }) => `${label} ${done}/${total}`)).toEqual([
      '001 4/5',
      '001 5/5',
      '002 4/5',
      '002 5/5',
    ]);
    expect(bars[0]).toMatchObject({
      unit: 'batch',
      fields: {
        acc: expect.stringMatching(/^[01]\.\d{3}$/),
        loss: expect.stringMatching(/^\d+\.\d\d$/),
      },
    });
    expect(job.events.filter((event) => event.type === 'fraction')).toEqual([
      { type: 'fraction', value: 0.5 },
      { type: 'fraction', value: 1 },
    ]);
  });

  it('tests the model as often as asked, which changes nothing of the training', async () => {
    const places = await placesFor(exampleDataset(70, 40));
    const jobs = [];
    for (const evaluate_every of [0, 2]) {
      const scratch = join(places.scratch, String(evaluate_every));
      const config = exampleConfig({ num_epochs: 5, evaluate_every });
      const job = await trainJob(config, { ...places, scratch });
      await train(job.context);
      jobs.push(parseMetrics(await readFile(job.outputs.metrics, 'utf8')));
    }
    const [untested = [], tested = []] = jobs;
    expect(tested.filter(({ kind }) => kind !== 'test')).toEqual(untested);
    const tests = tested.filter((line) => line.kind === 'test');
    expect(tests.map(({ epoch, step }) => [epoch, step])).toEqual([
      [2, 10],
      [4, 20],
    ]);
    for (const { loss, accuracy } of tests) {
      expect(loss).toBeGreaterThan(0);
      expect((accuracy * 40) % 1).toBeCloseTo(0, 9);
    }
  });

  it('pulls the weights towards zero where weight decay is on', async () => {
    const places = await placesFor(exampleDataset(70, 10));
    const norms = [];
    for (const weight_decay of [0, 1]) {
      const scratch = join(places.scratch, String(weight_decay));
      const job = await trainJob(exampleConfig({ weight_decay }), { ...places, scratch });
      await train(job.context);
      const { tensors } = decodeSafetensors(await readFile(job.outputs.threshold));
      const data = tensors.values().next().value?.data as Float32Array;
      norms.push(Math.hypot(...data.subarray(0, 9999)));
    }
    expect(norms[1]).toBeLessThan(0.9 * (norms[0] ?? 0));
  });

  it('gives the same bytes on one thread, on several, and on more and fewer as it goes', async () => {
    const places = await placesFor(exampleDataset(70, 10));
    const one = await trainJob(exampleConfig(), { ...places, scratch: join(places.scratch, 'a') });
    const four = await trainJob(
      exampleConfig(),
      { ...places, scratch: join(places.scratch, 'b') },
      { cpus: 4, cpusNow: () => 4 },
    );
    const granted = [4, 4, 1, 3, 2];
    const changing = await trainJob(
      exampleConfig(),
      { ...places, scratch: join(places.scratch, 'c') },
      { cpusNow: () => granted[0] ?? 1, emit: () => void granted.push(granted.shift() ?? 1) },
    );
    await train(one.context);
    await train(four.context);
    await train(changing.context);
    expect(await digestOutputs(four)).toEqual(await digestOutputs(one));
    expect(await digestOutputs(changing)).toEqual(await digestOutputs(one));
  });
});

describe('a training that was killed', () => {
  const config = exampleConfig({ num_epochs: 6, log_every: 3, checkpoint_every: 2 });

  it.each([
    ['a perceptron', config],
    ['with running statistics', { ...config, model_name: 'Net', bn: true }],
    ['on random crops, tested on the way', { ...config, crop: true, evaluate_every: 3 }],
  ])('%s, is resumed from its last checkpoint and ends with the same bytes', async (_, config) => {
    const places = await placesFor(exampleDataset(70, 10));
    const straight = await trainJob(config, { ...places, scratch: join(places.scratch, 'a') });
    await train(straight.context);
    const resuming = { ...places, scratch: join(places.scratch, 'b') };
    await trainUntilKilled(await trainJob(config, resuming), '005', 4);
    const second = await trainJob(config, resuming);
    await train(second.context);
    expect(messagesOf(second.events)).toContain('Resuming training from epoch 5');
    expect(await digestOutputs(second)).toEqual(await digestOutputs(straight));
    const timing = (await readFile(second.outputs.timing, 'utf8')).trimEnd().split('\n');
    expect(timing.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('skips a damaged checkpoint and one of another training, with a warning', async () => {
    const places = await placesFor(exampleDataset(70, 10));
    const straight = await trainJob(config, { ...places, scratch: join(places.scratch, 'a') });
    await train(straight.context);
    const scratch = join(places.scratch, 'b');
    await trainUntilKilled(await trainJob(config, { ...places, scratch }), '005', 4);
    expect((await readdir(scratch)).sort()).toEqual(['epoch-2.safetensors', 'epoch-4.safetensors']);

    const newest = join(scratch, 'epoch-4.safetensors');
    const bytes = await readFile(newest);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(newest, bytes);
    const flipped = await trainJob(config, { ...places, scratch });
    await trainUntilKilled(flipped, '003', 4);
    expect(messagesOf(flipped.events)).toEqual([
      'Skipping the damaged checkpoint epoch-4.safetensors: its checksum is wrong',
      'Resuming training from epoch 3',
    ]);

    await truncate(newest, 1000);
    const seeded = await trainJob({ ...config, batch_size: 8 }, { ...places, scratch });
    await trainUntilKilled(seeded, '001', 4);
    expect(messagesOf(seeded.events)).toEqual([
      expect.stringContaining('Skipping the damaged checkpoint epoch-4.safetensors'),
      'Skipping the checkpoint epoch-2.safetensors: it belongs to another training',
    ]);

    const last = await trainJob(config, { ...places, scratch });
    await train(last.context);
    expect(await digestOutputs(last)).toEqual(await digestOutputs(straight));
  });
});

describe('a training that diverges', () => {
  it('succeeds, with a warning, and records where and at which learning rate', async () => {
    const places = await placesFor(exampleDataset(64, 10));
    const config = exampleConfig({
      learning_rate: 1e12,
      num_epochs: 5,
      stop_at_interpolation: true,
    });
    const job = await trainJob(config, places);
    await train(job.context);
    const lines = parseMetrics(await readFile(job.outputs.metrics, 'utf8'));
    const end = lines.at(-1);
    expect(end).toEqual({
      kind: 'end',
      epoch: 1,
      step: expect.any(Number),
      reason: 'diverged',
      loss: expect.stringMatching(/^(NaN|Infinity)$/),
      learning_rate: 1e12,
      layer: expect.stringMatching(/^dense[12]$/),
    });
    const lastStep = lines.findLast((line) => line.kind === 'step');
    expect(end?.kind === 'end' && end.step).toBe((lastStep?.step ?? 0) + 1);
    expect(job.events).toContainEqual({
      type: 'message',
      level: 'warning',
      text: expect.stringMatching(
        /diverged: the loss is .* at epoch 1, step \d+, learning rate .*those of dense/,
      ),
    });
    const { metadata } = decodeSafetensors(await readFile(job.outputs.threshold));
    expect(metadata['reached']).toBe('false');
  });
});

describe('a faulty job', () => {
  it.each([
    [
      'an unknown layout',
      { engine: { name: 'onnx', device: 'cpu', layout: 'nchw' } },
      /engine.layout is "nchw"; .* one of auto, blocked, plain/,
    ],
    [
      'an unknown device',
      { engine: { name: 'onnx', device: 'tpu', layout: 'auto' } },
      /engine.device is "tpu"; .* one of cpu, cuda$/,
    ],
    ['no engine', {}, /engine.name, engine.device and engine.layout/],
  ])('with %s is a failure for the user', async (_, params, message) => {
    const places = await placesFor(exampleDataset(16, 10));
    const job = await trainJob(exampleConfig(), places, {
      params: { config: { ...exampleConfig() }, ...params },
    });
    await expect(train(job.context)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(message),
    });
  });

  it('with data of another experiment is a failure that lists every difference', async () => {
    const places = await placesFor(exampleDataset(16, 10));
    const config = exampleConfig({ seed: 7, label_corruption_prob: 0.2 });
    const job = await trainJob(config, places);
    await expect(train(job.context)).rejects.toMatchObject({
      name: 'StageFailure',
      message: [
        'the data are not those of the config:',
        '  label_corruption_prob: 0.2 in the config, 0 in the data',
        '  seed: 7 in the config, 42 in the data',
      ].join('\n'),
    });
  });

  it('with crops of images that are cut already is a failure', async () => {
    const dataset = exampleDataset(20, 10);
    const images = cropImages(dataset.train.images as NpyArray<Uint8Array>);
    const places = await placesFor({ ...dataset, train: { ...dataset.train, images } });
    const job = await trainJob(exampleConfig({ crop: true }), places);
    await expect(train(job.context)).rejects.toThrow(/crop: true, but its data are 28×28 images/);
  });

  it('with batch norm for a model that has none is a failure', async () => {
    const places = await placesFor(exampleDataset(16, 10));
    const job = await trainJob(exampleConfig({ bn: true }), places);
    await expect(train(job.context)).rejects.toThrow(/MLP1 has no batch norm/);
  });

  it('without batch norm for a model that has it is a failure', async () => {
    const places = await placesFor(exampleDataset(16, 10));
    const job = await trainJob(exampleConfig({ model_name: 'Net', bn: false }), places);
    await expect(train(job.context)).rejects.toThrow(/Net has batch norm: expected true/);
  });
});
