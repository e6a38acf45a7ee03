import { expect, it } from 'vitest';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { loadPackage } from '../../../experiment/training/tfjs/load.ts';
import { describeAgreement } from './agreement.ts';
import { describeModels } from './models-contract.ts';
import { createBlocked, createPlain } from './onnx.ts';
import { digestOf, PLAIN, randomBatch } from './samples.ts';
import { createOnTensorFlow, describeOnTensorFlow } from './tfjs.ts';

const SMALL = { width: 0.125, batchSize: 4 };
const ONNX = { 'onnx, blocked': createBlocked, 'onnx, plain': createPlain };

describeOnTensorFlow(() => {
  describeModels('tfjs engine', createOnTensorFlow, { ...SMALL, steps: 20 });
  describeAgreement('tfjs engine', createOnTensorFlow, ONNX, SMALL);

  it.each(MODEL_NAMES)('%s gives back the bits of a state, and leaves no tensors', async (name) => {
    const model = findModel(name, { width: SMALL.width });
    const { tf } = await loadPackage('@tensorflow/tfjs-node');
    const engine = await createOnTensorFlow({ model, sgd: PLAIN, threads: 1 });
    const { weights, statistics } = initialState(model, 42);
    const state = { weights, statistics, velocities: initialState(model, 7).weights };
    await engine.importState(state);
    expect(digestOf(await engine.exportState())).toBe(digestOf(state));
    const before = tf.memory().numTensors;
    await engine.train(
      [1, 2].map((seed) => randomBatch(model, 2, seed)),
      0.01,
    );
    await engine.evaluate(randomBatch(model, 2, 3));
    await engine.importState(state);
    expect(digestOf(await engine.exportState())).toBe(digestOf(state));
    expect(tf.memory().numTensors).toBe(before);
  });
});
