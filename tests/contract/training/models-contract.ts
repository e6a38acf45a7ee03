/** That an engine trains every model of the experiments; each engine runs this, at some width. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hasBatchNorm } from '../../../experiment/models/model.ts';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { doubleState, gradientErrors, pass, step } from './reference.ts';
import { type CreateEngine, digestOf, PLAIN, randomBatch } from './samples.ts';

export interface ModelsOptions {
  readonly width: number;
  readonly batchSize: number;
  readonly steps: number;
}

export function describeModels(
  name: string,
  create: CreateEngine,
  { width, batchSize, steps }: ModelsOptions,
): void {
  describe.each(MODEL_NAMES)(`${name}: %s`, (modelName) => {
    const model = findModel(modelName, { width });

    it('has the gradients of plain loops in double precision', async () => {
      const state = initialState(model, 42);
      const engine = await create({ model, sgd: PLAIN, threads: 2 });
      await engine.importState(state);
      const batch = randomBatch(model, batchSize, 1);
      await engine.train([batch], 0.01);
      const { velocities } = await engine.exportState();
      const { gradients } = pass(model, doubleState(state), batch);
      for (const [parameter, error] of gradientErrors(velocities, gradients)) {
        expect(error, parameter).toBeLessThan(1e-4);
      }
    });

    // Which a batch norm over few values does not allow: there two layouts, both right, part company
    // as soon as rounding moves one value across a ReLU's zero (by 1e-2 within twenty steps).
    it.skipIf(hasBatchNorm(model))(`follows plain loops for ${steps} steps`, async () => {
      const state = initialState(model, 42);
      const engine = await create({ model, sgd: PLAIN, threads: 2 });
      await engine.importState(state);
      const expected = doubleState(state);
      for (let index = 0; index < steps; index += 1) {
        const batch = randomBatch(model, batchSize, index);
        const [result] = await engine.train([batch], 0.01);
        const loss = step(model, expected, batch, PLAIN, 0.01);
        expect(Math.abs((result?.loss ?? 0) - loss), `step ${index + 1}`).toBeLessThan(1e-3 * loss);
      }
    });

    it(`has the losses of plain loops wherever it is in ${steps} steps`, async () => {
      const engine = await create({ model, sgd: PLAIN, threads: 2 });
      await engine.importState(initialState(model, 42));
      for (let index = 0; index < steps; index += 1) {
        const batch = randomBatch(model, batchSize, index);
        const { loss } = pass(model, doubleState(await engine.exportState()), batch);
        const [result] = await engine.train([batch], 0.01);
        expect(Math.abs((result?.loss ?? 0) - loss), `step ${index + 1}`).toBeLessThan(1e-5 * loss);
      }
    });
  });
}

/** That results do not depend on the number of threads: models with convolutions, at half width. */
export function describeThreads(name: string, create: CreateEngine): void {
  it.each(['Net', 'AlexNetSmall', 'InceptionSmall', 'WideResNet'])(
    `${name}: %s has the same bits on 1, 2 and 4 threads, for batches of any size`,
    async (modelName) => {
      const model = findModel(modelName, { width: 0.5 });
      const digests: string[] = [];
      for (const threads of [1, 2, 4]) {
        const engine = await create({ model, sgd: PLAIN, threads });
        await engine.importState(initialState(model, 42));
        for (const size of [16, 5, 1]) await engine.train([randomBatch(model, size, size)], 0.01);
        const { logits } = await engine.evaluate(randomBatch(model, 7, 7));
        const hash = createHash('sha256').update(digestOf(await engine.exportState()));
        digests.push(hash.update(logits).digest('hex'));
      }
      expect(new Set(digests).size).toBe(1);
    },
  );
}
