import { expect, it } from 'vitest';
import { findModel } from '../../../../../experiment/models/registry.ts';
import { createOnnxEngine } from '../../../../../experiment/training/onnx/create.ts';
import { findFault } from '../../../../../experiment/training/onnx/probe-device.ts';
import { loadRuntime } from '../../../../../experiment/training/onnx/runtime.ts';

const options = { model: findModel('MLP1'), sgd: { momentum: 0.9, weightDecay: 0 }, threads: 1 };

it('the CPU computes', async () => {
  expect(await findFault(await loadRuntime({ threads: 1, device: 'cpu' }))).toBeNull();
});

it('cuda, where it is absent, is a failure that says how to get it', async () => {
  const fault = await findFault(await loadRuntime({ threads: 1, device: 'cuda' }));
  const created = createOnnxEngine({ device: 'cuda', layout: 'auto' }, options);
  if (fault === null) return expect(await created).toHaveProperty('train');
  await expect(created).rejects.toMatchObject({
    name: 'StageFailure',
    message: expect.stringMatching(/onnxruntime-node-install=cuda12/),
  });
});
