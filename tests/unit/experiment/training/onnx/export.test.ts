import { describe, expect, it } from 'vitest';
import { openStream } from '../../../../../experiment/data/random.ts';
import { findModel, MODEL_NAMES } from '../../../../../experiment/models/registry.ts';
import type { Batch, Engine } from '../../../../../experiment/training/engine.ts';
import { initialState } from '../../../../../experiment/training/initialisation.ts';
import { createOnnxEngine } from '../../../../../experiment/training/onnx/create.ts';
import { exportModel } from '../../../../../experiment/training/onnx/export.ts';
import { loadRuntime } from '../../../../../experiment/training/onnx/runtime.ts';
import { relativeError } from '../../../../contract/training/reference.ts';

const MEAN = [0.49, 0.48, 0.45] as const;
const DEVIATION = [0.25, 0.24, 0.26] as const;
const SGD = { momentum: 0.9, weightDecay: 0 };
const IMAGE = 3 * 28 * 28;

/** Random pixels divided by 255, and the batch that they are to an engine. */
function randomPixels(size: number, seed: number): { pixels: Float32Array; batch: Batch } {
  const stream = openStream(seed, 'test/pixels');
  const pixels = Float32Array.from({ length: size * IMAGE }, () => stream.integer(256) / 255);
  const images = pixels.map((pixel, index) => {
    const channel = Math.floor((index % IMAGE) / (28 * 28));
    return (pixel - (MEAN[channel] ?? 0)) / (DEVIATION[channel] ?? 1);
  });
  const labels = Int32Array.from({ length: size }, () => stream.integer(10));
  return { pixels, batch: { images, labels } };
}

/** An engine whose weights and running statistics have left where they started. */
async function trainedEngine(name: string): Promise<Engine> {
  const model = findModel(name, { width: 0.125 });
  const settings = { device: 'cpu', layout: 'auto' };
  const engine = await createOnnxEngine(settings, { model, sgd: SGD, threads: 1 });
  await engine.importState(initialState(model, 42));
  for (let step = 0; step < 5; step += 1) await engine.train([randomPixels(8, step).batch], 0.05);
  return engine;
}

async function exportEngine(name: string, engine: Engine): Promise<Uint8Array> {
  const model = findModel(name, { width: 0.125 });
  const values = await engine.exportState();
  const normalisation = { mean: MEAN, deviation: DEVIATION };
  return exportModel({ model, values, normalisation }, { text: 'A test.', metadata: {} });
}

/** A fresh session, opened as any user of onnxruntime would. */
async function openSession(file: Uint8Array) {
  // Turns off the library's telemetry before it loads.
  await loadRuntime({ threads: 1, device: 'cpu' });
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(file);
  return async (pixels: Float32Array, size: number) => {
    const images = new ort.Tensor('float32', pixels, [size, 3, 28, 28]);
    const { logits } = await session.run({ images });
    return { shape: logits?.dims, logits: logits?.data as Float32Array, session };
  };
}

describe('an exported model', () => {
  it.each(MODEL_NAMES)(
    '%s gives the logits of the engine, for batches of any size',
    async (name) => {
      const engine = await trainedEngine(name);
      const run = await openSession(await exportEngine(name, engine));
      for (const size of [1, 5, 128]) {
        const { pixels, batch } = randomPixels(size, 100 + size);
        const expected = await engine.evaluate(batch);
        const { shape, logits, session } = await run(pixels, size);
        expect(session.inputNames).toEqual(['images']);
        expect(session.outputNames).toEqual(['logits']);
        expect(shape).toEqual([size, 10]);
        expect(relativeError(logits, expected.logits), `batch of ${size}`).toBeLessThan(1e-5);
      }
    },
  );

  it.each(['Net', 'AlexNetSmall'])('%s has the same bytes each time', async (name) => {
    const engine = await trainedEngine(name);
    const first = await exportEngine(name, engine);
    expect(Buffer.compare(first, await exportEngine(name, engine))).toBe(0);
  });

  it.each(MODEL_NAMES)(
    '%s holds operators of ONNX alone, and weights by their names',
    async (name) => {
      const file = Buffer.from(await exportEngine(name, await trainedEngine(name)));
      expect(file.includes('com.microsoft')).toBe(false);
      for (const parameter of findModel(name, { width: 0.125 }).parameters) {
        expect(file.includes(parameter.name), parameter.name).toBe(true);
      }
    },
  );
});
