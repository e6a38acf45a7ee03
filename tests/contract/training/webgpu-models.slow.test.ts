/**
 * The engine `webgpu` trains every model: beside the CPU, by finite differences, with equal bits each time. In
 * one file, as SwiftShader takes a minute of a processor to compile the kernels of all of them.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { openStream } from '../../../experiment/data/random.ts';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import type { Engine, TrainingState } from '../../../experiment/training/engine.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { type GpuDevice, openDevice } from '../../../experiment/training/webgpu/device.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import { describeAgreement } from './agreement.ts';
import { createPlain } from './onnx.ts';
import { type Doubles, doubleState, pass, toDoubles } from './reference.ts';
import { digestOf, PLAIN, randomBatch } from './samples.ts';
import { createWebgpu, describeOnGpu } from './webgpu.ts';

/** Numbers of channels that fill no vector of four. */
const WIDTH = 0.1;
const BATCH = 4;
/** Of full and last batches. */
const SIZES = [BATCH, BATCH, 3, 1];
/** Further away, the loss has kinks: some ReLU's input passes zero. */
const DISTANCE = 1e-8;

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
  describeAgreement(
    'webgpu engine',
    createWebgpu,
    { onnx: createPlain },
    { width: WIDTH, batchSize: BATCH },
  );

  describe.each(MODEL_NAMES)('webgpu engine: %s', (name) => {
    const model = findModel(name, { width: WIDTH });
    let device: GpuDevice;
    beforeAll(async () => {
      device = await openDevice();
    });

    const start = async (gpu: GpuDevice, state: TrainingState): Promise<Engine> => {
      const engine = await openWebgpuEngine({ model, sgd: PLAIN, threads: 1 }, gpu);
      await engine.importState(state);
      return engine;
    };
    const trainOn = async (engine: Engine, from: number, to: number): Promise<unknown[]> => {
      const results: unknown[] = [];
      for (const [place, size] of SIZES.slice(from, to).entries()) {
        results.push(...(await engine.train([randomBatch(model, size, from + place)], 0.01)));
      }
      return results;
    };

    it('has the slopes of the loss along random directions', async () => {
      const state = initialState(model, 42);
      const batch = randomBatch(model, BATCH, 1);
      const engine = await start(device, state);
      await engine.train([batch], 0.01);
      const gradients = toDoubles((await engine.exportState()).velocities);
      await engine.close();
      let squares = 0;
      for (const values of gradients.values()) for (const value of values) squares += value * value;
      for (const seed of [1, 2]) {
        const direction: Doubles = new Map(
          [...gradients].map(([parameter, { length }]) => {
            const stream = openStream(seed, `test/${parameter}`);
            return [parameter, Float64Array.from({ length }, () => stream.normal())];
          }),
        );
        const lossAt = (distance: number): number => {
          const moved = doubleState(state);
          for (const [parameter, values] of moved.weights) {
            const along = direction.get(parameter) ?? [];
            for (const [index, value] of values.entries()) {
              values[index] = value + distance * (along[index] ?? Number.NaN);
            }
          }
          return pass(model, moved, batch).loss;
        };
        const slope = (lossAt(DISTANCE) - lossAt(-DISTANCE)) / (2 * DISTANCE);
        let found = 0;
        for (const [parameter, values] of gradients) {
          const along = direction.get(parameter) ?? [];
          for (const [index, value] of values.entries()) found += value * (along[index] ?? 0);
        }
        expect(Math.abs(found - slope)).toBeLessThan(1e-3 * Math.sqrt(squares));
      }
    });

    it('has equal bits twice, last batches included, in poisoned memory, and when it is resumed', async () => {
      const initial = initialState(model, 5);
      const straight = await start(device, initial);
      const first = await trainOn(straight, 0, 2);
      const midway = await straight.exportState();
      const last = await trainOn(straight, 2, SIZES.length);
      const test = randomBatch(model, 3, 9);
      const tested = await straight.evaluate(test);
      const end = digestOf(await straight.exportState());
      await straight.close();

      const again = await start(poisoned(device), initial);
      expect(await trainOn(again, 0, SIZES.length)).toEqual([...first, ...last]);
      expect(await again.evaluate(test)).toEqual(tested);
      expect(digestOf(await again.exportState())).toBe(end);
      await again.close();

      const resumed = await start(device, midway);
      expect(await trainOn(resumed, 2, SIZES.length)).toEqual(last);
      expect(digestOf(await resumed.exportState())).toBe(end);
      await resumed.close();
    });
  });
});
