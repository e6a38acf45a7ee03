import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExperimentConfig } from '../../../../experiment/recorded/config.ts';
import { parseMetrics } from '../../../../experiment/recorded/metrics.ts';
import { run as evaluate } from '../../../../stages/evaluate/onnx.ts';
import { run as train } from '../../../../stages/train/onnx.ts';
import { exampleConfig, exampleDataset } from '../../experiment/training/examples.ts';
import { messagesOf, placesFor, type TrainJob, temporaryFolder, trainJob } from '../train/stage.ts';

async function trained(config: ExperimentConfig): Promise<TrainJob> {
  const job = await trainJob(config, await placesFor(exampleDataset(70, 45)));
  await train(job.context);
  return job;
}

async function evaluated(job: TrainJob) {
  const path = join(await temporaryFolder(), 'evaluation.json');
  job.events.length = 0;
  await evaluate({
    ...job.context,
    node: 'evaluate/MLP1_0.0_none',
    inputs: {
      ...job.context.inputs,
      metrics: [{ cell: {}, path: job.outputs.metrics }],
      threshold: [{ cell: {}, path: job.outputs.threshold }],
    },
    outputs: { evaluation: path },
  });
  const text = await readFile(path, 'utf8');
  expect(text.endsWith('\n') && text.indexOf('\n') === text.length - 1).toBe(true);
  return JSON.parse(text);
}

describe('the stage evaluate', () => {
  it('measures the test error at the interpolation threshold', async () => {
    const job = await trained(exampleConfig({ num_epochs: 40, stop_at_interpolation: true }));
    const lines = parseMetrics(await readFile(job.outputs.metrics, 'utf8'));
    const threshold = lines.find((line) => line.kind === 'threshold');
    const result = await evaluated(job);
    expect(result).toEqual({
      experiment: 'MLP1_0.0_none',
      model: 'MLP1',
      corruption: 'none',
      p: 0,
      seed: 42,
      weight_decay: 0,
      crop: false,
      decay_every: null,
      dataset: 'ten patterns',
      synthetic: true,
      width: 1,
      init: 'pytorch',
      train: 70,
      test: 45,
      parameters: 1_209_866,
      reached: true,
      epoch: threshold?.epoch,
      step: threshold?.step,
      train_loss: threshold?.loss,
      train_accuracy: threshold?.accuracy,
      test_loss: expect.any(Number),
      test_accuracy: expect.any(Number),
      test_error: 1 - result.test_accuracy,
    });
    expect(result.test_accuracy).toBeGreaterThan(0.8);
    const percent = (result.test_accuracy * 100).toFixed(1);
    expect(messagesOf(job.events)).toEqual([`Test accuracy: ${percent}%`]);
    const bars = job.events.filter((event) => event.type === 'progress');
    expect(bars.map(({ label, done, total }) => `${label} ${done}/${total}`)).toEqual([
      'Test 1/3',
      'Test 2/3',
      'Test 3/3',
    ]);
  });

  it('measures it at the last epoch where the threshold was not reached', async () => {
    const job = await trained(exampleConfig({ num_epochs: 1 }));
    const lines = parseMetrics(await readFile(job.outputs.metrics, 'utf8'));
    const last = lines.findLast((line) => line.kind === 'epoch');
    expect(await evaluated(job)).toMatchObject({
      reached: false,
      epoch: 1,
      step: 5,
      train_loss: last?.loss,
      train_accuracy: last?.accuracy,
    });
  });

  it('normalises by the running statistics, whatever the batch', async () => {
    const config = exampleConfig({ model_name: 'Net', bn: true, num_epochs: 12 });
    const job = await trained(config);
    const byBatches = await evaluated(job);
    const whole = { ...config, batch_size: 45 };
    const params = { ...job.context.params, config: whole };
    const atOnce = await evaluated({ ...job, context: { ...job.context, params } });
    expect(byBatches.test_error).toBeLessThan(0.5);
    expect(atOnce.test_error).toBe(byBatches.test_error);
    expect(atOnce.test_loss).toBeCloseTo(byBatches.test_loss, 5);
  });

  it('gives no figures for a training that diverged', async () => {
    const job = await trained(exampleConfig({ learning_rate: 1e12 }));
    expect(await evaluated(job)).toMatchObject({
      reached: false,
      epoch: 1,
      train_loss: null,
      train_accuracy: null,
      test_loss: null,
      test_accuracy: null,
      test_error: null,
    });
    expect(messagesOf(job.events)).toEqual(['No test accuracy: the training has diverged']);
  });

  it('says which file is at fault where the weights are damaged', async () => {
    const job = await trained(exampleConfig({ num_epochs: 1 }));
    await writeFile(job.outputs.threshold, 'nothing');
    await expect(evaluated(job)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringContaining(job.outputs.threshold),
    });
  });
});
