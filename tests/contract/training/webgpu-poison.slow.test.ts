/** Kernels write all that others read: memory that held anything else before changes no bit. */

import { expect, it } from 'vitest';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { type GpuDevice, openDevice } from '../../../experiment/training/webgpu/device.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import { digestOf, PLAIN, randomBatch } from './samples.ts';
import { describeOnGpu } from './webgpu.ts';

/** The GPU, with memory for values that is full of NaNs. */
function poisoned(device: GpuDevice): GpuDevice {
  return {
    ...device,
    buffer: async (label, bytes, usage) => {
      const buffer = await device.buffer(label, bytes, usage);
      if (label === 'values of a plan') {
        device.gpu.queue.writeBuffer(buffer, 0, new Float32Array(buffer.size / 4).fill(Number.NaN));
      }
      return buffer;
    },
  };
}

await describeOnGpu(() => {
  it.each(MODEL_NAMES)('%s, whose channels fill no vector of four', async (name) => {
    const model = findModel(name, { width: 0.11 });
    const device = await openDevice();
    const trainOn = async (gpu: GpuDevice): Promise<unknown> => {
      const engine = await openWebgpuEngine({ model, sgd: PLAIN, threads: 1 }, gpu);
      await engine.importState(initialState(model, 5));
      const results = [];
      for (const [seed, size] of [3, 3, 2].entries()) {
        results.push(...(await engine.train([randomBatch(model, size, seed)], 0.01)));
      }
      results.push(await engine.evaluate(randomBatch(model, 3, 9)));
      return [results, digestOf(await engine.exportState())];
    };
    expect(await trainOn(poisoned(device))).toEqual(await trainOn(device));
  });
});
