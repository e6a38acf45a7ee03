/** What goes wrong on a GPU is told in words, and harms nothing else. */

import { expect, it } from 'vitest';
import { findModel } from '../../../experiment/models/registry.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { type GpuDevice, openDevice } from '../../../experiment/training/webgpu/device.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import { PLAIN, randomBatch } from './samples.ts';
import { describeOnGpu } from './webgpu.ts';

const MODEL = findModel('MLP1', { width: 0.0625 });

await describeOnGpu(() => {
  const start = async (device: GpuDevice) => {
    const engine = await openWebgpuEngine({ model: MODEL, sgd: PLAIN, threads: 1 }, device);
    await engine.importState(initialState(MODEL, 1));
    return engine;
  };
  const batch = randomBatch(MODEL, 4, 1);

  it('too little memory is told before any of it is taken', async () => {
    const device = await openDevice();
    const cramped = await start({ ...device, pieceBytes: 1000 });
    await expect(cramped.train([batch], 0.01)).rejects.toThrow(
      /needs 1 MB in one piece for a batch of 4, .* see at most 1 MB: take a smaller training.batch_size/,
    );
    const small = await start({ ...device, memory: async () => 100_000 });
    await expect(small.train([batch], 0.01)).rejects.toThrow(
      /needs 4 MB of its memory: 1 MB for the values .* has 1 MB: take a smaller training.batch_size .* or engine.name=onnx/,
    );
  });

  it('a kernel that does not compile is named, and others go on', async () => {
    const device = await openDevice();
    const pass = { label: 'broken', code: 'fn main(', bindings: [], flops: 0, bytes: () => 0 };
    await expect(device.kernel({ ...pass, grid: () => [1, 1, 1] })).rejects.toThrow(
      /a kernel that does not compile here \(broken\): /,
    );
    const [result] = await (await start(device)).train([batch], 0.01);
    expect(result?.loss).toBeGreaterThan(0);
  });

  it('a lost GPU ends what computes on it, with a state that was saved, and is opened anew', async () => {
    const device = await openDevice();
    const engine = await start(device);
    const [first] = await engine.train([batch], 0.01);
    const saved = await engine.exportState();
    device.gpu.destroy();
    const message = /the GPU is gone .*: what was saved last is kept/;
    await expect(engine.train([batch], 0.01)).rejects.toThrow(message);
    await expect(engine.evaluate(batch)).rejects.toThrow(message);
    await expect(engine.exportState()).rejects.toThrow(message);

    const another = await openDevice();
    expect(another).not.toBe(device);
    const resumed = await start(another);
    expect((await resumed.train([batch], 0.01))[0]).toEqual(first);
    await resumed.importState(saved);
    expect((await resumed.train([batch], 0.01))[0]?.loss).not.toBe(first?.loss);
  });
});
