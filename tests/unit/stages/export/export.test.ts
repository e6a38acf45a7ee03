import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cropImages, type LabeledImages } from '../../../../experiment/data/images.ts';
import type { ExperimentConfig } from '../../../../experiment/recorded/config.ts';
import { loadRuntime } from '../../../../experiment/training/onnx/runtime.ts';
import { run as evaluate } from '../../../../stages/evaluate/onnx.ts';
import { run as exportStage } from '../../../../stages/export/export.ts';
import { run as train } from '../../../../stages/train/onnx.ts';
import { exampleConfig, exampleDataset } from '../../experiment/training/examples.ts';
import { placesFor, type TrainJob, temporaryFolder, trainJob } from '../train/stage.ts';
import { readMetadata } from './read-metadata.ts';

const DATASET = exampleDataset(70, 45);

async function trained(config: ExperimentConfig): Promise<TrainJob> {
  const job = await trainJob(config, await placesFor(DATASET));
  await train(job.context);
  return job;
}

/** The job of a stage that reads what a training has written. */
async function after({ context, outputs }: TrainJob, output: string, file: string) {
  const path = join(await temporaryFolder(), file);
  const input = (from: string) => [{ cell: {}, path: from }];
  return {
    path,
    context: {
      ...context,
      node: `export/MLP1_0.0_none`,
      inputs: {
        ...context.inputs,
        metrics: input(outputs.metrics),
        threshold: input(outputs.threshold),
      },
      outputs: { [output]: path },
    },
  };
}

async function exported(job: TrainJob): Promise<Buffer> {
  const { path, context } = await after(job, 'model', 'threshold.onnx');
  await exportStage(context);
  return readFile(path);
}

/** What a user of the file finds: pixels in, mistakes counted. */
async function testError(file: Buffer, { images, labels, count }: LabeledImages) {
  await loadRuntime({ threads: 1, device: 'cpu' });
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(file);
  if (!(images.data instanceof Uint8Array)) throw new TypeError('expected bytes');
  const { data, shape } = cropImages({ shape: images.shape, data: images.data });
  const pixels = Float32Array.from(data, (pixel) => pixel / 255);
  const { logits } = await session.run({ images: new ort.Tensor('float32', pixels, shape) });
  const scores = Array.from(logits?.data as Float32Array);
  const wrong = Array.from(labels).filter((label, index) => {
    const own = scores.slice(index * 10, index * 10 + 10);
    return own.indexOf(Math.max(...own)) !== label;
  });
  return wrong.length / count;
}

describe('the stage export', () => {
  it('writes the model whose test error the stage evaluate measures', async () => {
    const config = exampleConfig({ model_name: 'Net', bn: true, num_epochs: 12 });
    const job = await trained(config);
    const { path, context } = await after(job, 'evaluation', 'evaluation.json');
    await evaluate(context);
    const { test_error } = JSON.parse(await readFile(path, 'utf8'));
    expect(test_error).toBeLessThan(0.5);
    expect(await testError(await exported(job), DATASET.test)).toBeCloseTo(test_error, 9);
  });

  it('says what it is, in words and in metadata', async () => {
    const job = await trained(exampleConfig({ num_epochs: 40, stop_at_interpolation: true }));
    const { text, metadata } = readMetadata(await exported(job));
    const epoch = Number(metadata['epoch']);
    expect(metadata).toEqual({
      experiment: 'MLP1_0.0_none',
      model: 'MLP1',
      width: '1',
      seed: '42',
      epoch: String(epoch),
      step: String(5 * epoch),
      reached_threshold: 'true',
      diverged: 'false',
      dataset: 'ten patterns',
      synthetic: 'true',
      split: 'paper',
      corruption: 'none',
      p: '0',
      classes: JSON.stringify(DATASET.info.classes),
      mean: '[0.46,0.46,0.46]',
      deviation: '[0.24,0.24,0.24]',
    });
    expect(text).toContain(
      'MLP1_0.0_none: MLP1 trained on ten patterns with corruption none and label noise 0, ' +
        `at the interpolation threshold, after epoch ${epoch}.`,
    );
    expect(text).toContain('Input "images": float32 [N, 3, 28, 28]');
  });

  it('takes the weights at the threshold, not the last ones', async () => {
    const stopped = await trained(exampleConfig({ num_epochs: 40, stop_at_interpolation: true }));
    const gone = await trained(exampleConfig({ num_epochs: 40 }));
    expect((await exported(gone)).equals(await exported(stopped))).toBe(true);
  });

  it('says where the threshold was not reached, and where the training diverged', async () => {
    const short = readMetadata(await exported(await trained(exampleConfig({ num_epochs: 1 }))));
    expect(short.metadata).toMatchObject({ epoch: '1', reached_threshold: 'false' });
    expect(short.text).toContain('after epoch 1, its last, without having reached');
    const wild = readMetadata(
      await exported(await trained(exampleConfig({ learning_rate: 1e12 }))),
    );
    expect(wild.metadata).toMatchObject({ reached_threshold: 'false', diverged: 'true' });
    expect(wild.text).toContain('as it diverged in epoch 1');
  });

  it('says which file is at fault where the weights are damaged', async () => {
    const job = await trained(exampleConfig({ num_epochs: 1 }));
    await writeFile(job.outputs.threshold, 'nothing');
    await expect(exported(job)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringContaining(job.outputs.threshold),
    });
  });
});
