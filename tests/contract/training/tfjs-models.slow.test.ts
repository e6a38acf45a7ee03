import { describe, expect, it } from 'vitest';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { loadPackage } from '../../../experiment/training/tfjs/load.ts';
import { describeModels } from './models-contract.ts';
import { digestOf, PLAIN, randomBatch } from './samples.ts';
import { createOnJavaScript } from './tfjs.ts';

const SMALL = { width: 0.125, batchSize: 4 };

// Twenty steps are compared in tfjs-agreement.slow.test.ts, with engines that are compared with loops.
describeModels('tfjs engine in JavaScript', createOnJavaScript, { ...SMALL, steps: 2 });

describe.each(MODEL_NAMES)('tfjs engine in JavaScript: %s', (modelName) => {
  const model = findModel(modelName, { width: SMALL.width });

  it('leaves no tensors behind', async () => {
    const { tf } = await loadPackage('@tensorflow/tfjs-backend-cpu');
    const engine = await createOnJavaScript({ model, sgd: PLAIN, threads: 1 });
    const state = initialState(model, 42);
    await engine.importState(state);
    const before = tf.memory().numTensors;
    await engine.train(
      [1, 2].map((seed) => randomBatch(model, 2, seed)),
      0.01,
    );
    await engine.evaluate(randomBatch(model, 2, 3));
    await engine.exportState();
    await engine.importState(state);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives back the bits of a state that it imported', async () => {
    const engine = await createOnJavaScript({ model, sgd: PLAIN, threads: 1 });
    const { weights, statistics } = initialState(model, 42);
    const state = { weights, statistics, velocities: initialState(model, 7).weights };
    await engine.importState(state);
    expect(digestOf(await engine.exportState())).toBe(digestOf(state));
  });
});
