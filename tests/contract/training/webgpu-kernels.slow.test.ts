/** Kernels of the engine `webgpu` on shapes of all kinds, against plain loops in double precision. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  batchNorm,
  type ChainedLayer,
  conv,
  dense,
  FLATTEN,
  GLOBAL_AVERAGE_POOL,
  localResponseNorm,
  maxPool,
  RELU,
} from '../../../experiment/models/layers.ts';
import { chainModel } from '../../../experiment/models/model-builder.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { openDevice, STEP_BYTES } from '../../../experiment/training/webgpu/device.ts';
import { gatherPass } from '../../../experiment/training/webgpu/kernels/gather.ts';
import { TILES } from '../../../experiment/training/webgpu/kernels/tile.ts';
import { floats, readBack } from '../../../experiment/training/webgpu/read-back.ts';
import { type Buffers, Recording, STORAGE } from '../../../experiment/training/webgpu/recording.ts';
import { fixedStore, sampleStore } from '../../../experiment/training/webgpu/tensors.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import { doubleState, gradientErrors, pass, relativeError } from './reference.ts';
import { PLAIN, randomBatch } from './samples.ts';
import { describeOnGpu } from './webgpu.ts';

const MIDDLES: Readonly<Record<string, readonly ChainedLayer[]>> = {
  none: [],
  ReLU: [RELU],
  'batch norm': [batchNorm('norm', 1e-3)],
  'batch norm and ReLU': [batchNorm('norm', 1e-3), RELU],
  'response norm': [localResponseNorm(5, { alpha: 0.5 })],
  'max-pool of a ReLU': [RELU, maxPool({ kernel: 2, stride: 1 })],
};

const shapes = fc.record({
  channels: fc.integer({ min: 1, max: 21 }),
  height: fc.integer({ min: 3, max: 11 }),
  width: fc.integer({ min: 3, max: 11 }),
  filters: fc.integer({ min: 1, max: 70 }),
  kernel: fc.integer({ min: 1, max: 2 }),
  stride: fc.integer({ min: 1, max: 2 }),
  units: fc.integer({ min: 1, max: 90 }),
  batch: fc.integer({ min: 2, max: 7 }),
  middle: fc.constantFrom(...Object.keys(MIDDLES)),
  mean: fc.boolean(),
  tile: fc.constantFrom(...TILES.slice(3).map(([tile]) => tile)),
  splits: fc.integer({ min: 1, max: 40 }),
});

await describeOnGpu(() => {
  it('have the gradients of plain loops, however they are cut up', async () => {
    const device = await openDevice();
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { channels, height, width, filters, kernel, stride, units, batch } = shape;
        const model = chainModel(
          'Shapes',
          [channels, height, width],
          [
            conv('first', filters, { kernel, padding: kernel - 1 }),
            ...(MIDDLES[shape.middle] ?? []),
            conv('second', 5, { kernel: 2, stride }),
            ...(shape.mean ? [GLOBAL_AVERAGE_POOL] : [FLATTEN]),
            dense('third', units),
            RELU,
            dense('last', 3),
          ],
        );
        const { tile } = shape;
        const engine = await openWebgpuEngine(
          {
            model,
            sgd: PLAIN,
            threads: 1,
            cut: (label) => ({
              tile,
              splits: label === 'second input gradient' ? 1 : shape.splits,
            }),
          },
          device,
        );
        const state = initialState(model, 3);
        await engine.importState(state);
        const samples = randomBatch(model, batch, 4);
        const [result] = await engine.train([samples], 0.01);
        const expected = pass(model, doubleState(state), samples);
        expect(result?.loss).toBeCloseTo(expected.loss, 4);
        const { velocities, statistics } = await engine.exportState();
        for (const [parameter, error] of gradientErrors(velocities, expected.gradients)) {
          expect(error, parameter).toBeLessThan(1e-3);
        }
        for (const [name, values] of expected.statistics) {
          expect(relativeError(statistics.get(name) ?? [], values), name).toBeLessThan(1e-4);
        }
        await engine.close();
      }),
      { numRuns: 10, seed: 2 },
    );
  });

  it('gather images by an order, cut out where it says, normalised', async () => {
    const device = await openDevice();
    const { gpu } = device;
    const [count, batch, size, crop] = [5, 3, 32, 28];
    const pixels = new Uint8Array(count * 3 * size * size).map((_, index) => (index * 31) % 251);
    const order = Uint32Array.of(2, 4, 0, 3);
    const corners = Uint8Array.of(0, 4, 1, 3, 2, 2, 4, 0, 3, 1, 0, 0);
    const [scales, shifts] = [
      [0.1, 0.2, 0.3],
      [-1, 0, 2],
    ];
    const stores = {
      images: fixedStore('images', pixels.length / 4, true),
      order: fixedStore('order', order.length, true),
      corners: fixedStore('corners', corners.length / 4, true),
    };
    const kept: Buffers = new Map();
    for (const [store, data] of [
      [stores.images, pixels],
      [stores.order, order],
      [stores.corners, corners],
    ] as const) {
      const buffer = await device.buffer(store.name, store.bytes, STORAGE);
      gpu.queue.writeBuffer(buffer, 0, data);
      kept.set(store, buffer);
    }
    const steps = await device.buffer('steps', STEP_BYTES, 0x40 | 0x08);
    gpu.queue.writeBuffer(steps, 0, Uint32Array.of(batch, 0, 1, 0));
    const store = sampleStore('batch', crop * crop * 4);
    const out = { height: crop, width: crop, channels: 4, stride: 4, offset: 0, places: [0, 1, 2] };
    const images = [stores.images];
    const place = { height: size, width: size, scales, shifts };
    const source = { kind: 'bytes', ...stores, ...place, images } as const;
    const passes = [gatherPass(source, [3, crop, crop], { ...out, store })];
    const recording = await Recording.open({ device, passes, batch, kept, steps });
    const encoder = gpu.createCommandEncoder();
    const compute = encoder.beginComputePass();
    recording.encode(compute, 0);
    compute.end();
    gpu.queue.submit([encoder.finish()]);
    const bytes = batch * crop * crop * 4 * 4;
    const [copied] = await readBack(device, [{ buffer: recording.buffer(store), bytes }]);
    const found = floats(copied);
    const expected = new Float32Array(found.length);
    for (let n = 0; n < batch; n += 1) {
      const sample = order[1 + n] ?? 0;
      for (let p = 0; p < crop * crop; p += 1) {
        const y = (corners[2 * sample] ?? 0) + Math.floor(p / crop);
        const x = (corners[2 * sample + 1] ?? 0) + (p % crop);
        for (let c = 0; c < 3; c += 1) {
          const byte = pixels[((sample * 3 + c) * size + y) * size + x] ?? Number.NaN;
          expected[(n * crop * crop + p) * 4 + c] = byte * (scales[c] ?? 0) + (shifts[c] ?? 0);
        }
      }
    }
    expect(relativeError(found, expected)).toBeLessThan(1e-6);
  });
});
