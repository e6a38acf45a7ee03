/** What every training engine must do; each implementation runs this suite. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream } from '../../../experiment/data/random.ts';
import { conv, dense, FLATTEN, RELU } from '../../../experiment/models/layers.ts';
import type { Model } from '../../../experiment/models/model.ts';
import { chainModel } from '../../../experiment/models/model-builder.ts';
import { findModel } from '../../../experiment/models/registry.ts';
import {
  atRest,
  type Batch,
  type Engine,
  type EngineOptions,
  type TrainingState,
} from '../../../experiment/training/engine.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { type Doubles, doubleState, pass, relativeError, step, toDoubles } from './reference.ts';
import { type CreateEngine, digestOf, PLAIN, randomBatch } from './samples.ts';

const TINY = chainModel(
  'Tiny',
  [2, 3, 3],
  [FLATTEN, dense('dense1', 7), RELU, dense('dense2', 6), RELU, dense('dense3', 4)],
);

/** Weights that are many and in whole blocks, many and not, and few. */
const BROAD = chainModel(
  'Broad',
  [3, 24, 24],
  [FLATTEN, dense('dense1', 17), RELU, dense('dense2', 603), RELU, dense('dense3', 10)],
);

export interface EngineSuiteOptions {
  /** Numbers of threads to compare in one process; none where an engine's do not change there. */
  readonly threads?: readonly number[];
}

export function describeEngine(
  name: string,
  create: CreateEngine,
  { threads: threadCounts = [1, 2, 3, 4, 5, 7, 8, 16] }: EngineSuiteOptions = {},
): void {
  const start = async (model: Model, options: Partial<EngineOptions> = {}): Promise<Engine> => {
    const engine = await create({ model, sgd: PLAIN, threads: 1, ...options });
    await engine.importState(initialState(model, 7));
    return engine;
  };

  /** From rest, the velocity after one step is the gradient. */
  const gradientsOf = async (model: Model, weights: TrainingState['weights'], batch: Batch) => {
    const engine = await start(model);
    await engine.importState(atRest({ weights, statistics: new Map() }));
    await engine.train([batch], 0.01);
    return (await engine.exportState()).velocities;
  };

  describe(`${name}: one step`, () => {
    it('gives the gradients of a double-precision implementation', async () => {
      const batches = fc.record({
        size: fc.integer({ min: 1, max: 9 }),
        seed: fc.integer({ min: 0, max: 10_000 }),
      });
      await fc.assert(
        fc.asyncProperty(batches, async ({ size, seed }) => {
          const { weights } = initialState(TINY, seed);
          const batch = randomBatch(TINY, size, seed);
          const expected = pass(
            TINY,
            { weights: toDoubles(weights), statistics: new Map() },
            batch,
          ).gradients;
          const found = await gradientsOf(TINY, weights, batch);
          for (const [parameter, gradient] of expected) {
            const error = relativeError(found.get(parameter) ?? [], gradient);
            expect(error, parameter).toBeLessThan(1e-5);
          }
        }),
        { numRuns: 12, seed: 1 },
      );
    });

    it('gives the finite differences of the loss, along random directions', async () => {
      const { weights } = initialState(TINY, 3);
      const batch = randomBatch(TINY, 5, 3);
      const found = await gradientsOf(TINY, weights, batch);
      const lossAt = (direction: Doubles, distance: number): number => {
        const moved = toDoubles(weights);
        for (const [parameter, values] of moved) {
          const along = direction.get(parameter) as Float64Array;
          for (let i = 0; i < values.length; i += 1) {
            values[i] = (values[i] as number) + distance * (along[i] as number);
          }
        }
        return pass(TINY, { weights: moved, statistics: new Map() }, batch).loss;
      };
      for (const { name: parameter } of TINY.parameters) {
        const stream = openStream(5, `test/${parameter}`);
        const direction: Doubles = new Map(
          [...weights].map(([other, { length }]) => [
            other,
            Float64Array.from({ length }, () => (other === parameter ? stream.normal() : 0)),
          ]),
        );
        const slope = (lossAt(direction, 1e-5) - lossAt(direction, -1e-5)) / 2e-5;
        const along = direction.get(parameter) as Float64Array;
        const gradient = found.get(parameter) as Float32Array;
        const predicted = along.reduce((sum, d, i) => sum + d * (gradient[i] as number), 0);
        expect(Math.abs(predicted - slope), parameter).toBeLessThan(1e-4 * Math.abs(slope) + 1e-7);
      }
    });

    it('reports loss and correct answers before the update', async () => {
      const engine = await start(TINY);
      const batch = randomBatch(TINY, 6, 11);
      const evaluated = await engine.evaluate(batch);
      const [trained] = await engine.train([batch], 0.1);
      expect(trained).toEqual({ loss: evaluated.loss, correct: evaluated.correct });
    });
  });

  describe(`${name}: several steps`, () => {
    it.each([
      ['momentum', PLAIN],
      ['momentum and weight decay', { momentum: 0.9, weightDecay: 0.05 }],
      ['neither', { momentum: 0, weightDecay: 0 }],
    ])('follows 20 double-precision steps with %s', async (_, sgd) => {
      const initial = initialState(TINY, 2);
      const expected = doubleState(initial);
      const engine = await start(TINY, { sgd });
      await engine.importState(initial);
      for (let index = 0; index < 20; index += 1) {
        const batch = randomBatch(TINY, 8, index);
        const [result] = await engine.train([batch], 0.05);
        const loss = step(TINY, expected, batch, sgd, 0.05);
        expect(Math.abs((result?.loss ?? 0) - loss)).toBeLessThan(1e-4 * loss);
      }
      const { weights } = await engine.exportState();
      for (const [parameter, values] of expected.weights) {
        expect(relativeError(weights.get(parameter) ?? [], values), parameter).toBeLessThan(1e-4);
      }
    });

    it('follows double-precision steps at the size of MLP1', async () => {
      const model = findModel('MLP1');
      const initial = initialState(model, 42);
      const expected = doubleState(initial);
      const engine = await start(model);
      await engine.importState(initial);
      for (let index = 0; index < 3; index += 1) {
        const batch = randomBatch(model, 8, index);
        const [result] = await engine.train([batch], 0.01);
        const loss = step(model, expected, batch, PLAIN, 0.01);
        expect(Math.abs((result?.loss ?? 0) - loss)).toBeLessThan(1e-4 * loss);
      }
    });

    it.each([
      ['few parameters', TINY, PLAIN],
      ['many', BROAD, PLAIN],
      ['many and weight decay', BROAD, { momentum: 0.9, weightDecay: 0.05 }],
    ])(
      'gives the same bits for batches at once and one by one, smaller ones included: %s',
      async (_, model, sgd) => {
        const sizes = [8, 8, 8, 8, 8, 8, 5, 1];
        const batches = sizes.map((size, index) => randomBatch(model, size, index));
        const together = await start(model, { sgd });
        const alone = await start(model, { sgd });
        const first = [
          ...(await together.train(batches.slice(0, 4), 0.1)),
          ...(await together.train(batches.slice(4), 0.1)),
        ];
        const second = [];
        for (const batch of batches) second.push(...(await alone.train([batch], 0.1)));
        expect(first).toEqual(second);
        expect(digestOf(await together.exportState())).toBe(digestOf(await alone.exportState()));
      },
    );

    it('follows double-precision steps at once, with many parameters and weight decay', async () => {
      const sgd = { momentum: 0.9, weightDecay: 0.05 };
      const initial = initialState(BROAD, 4);
      const expected = doubleState(initial);
      const engine = await start(BROAD, { sgd });
      await engine.importState(initial);
      const batches = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => randomBatch(BROAD, 16, index));
      await engine.train(batches, 0.05);
      for (const batch of batches) step(BROAD, expected, batch, sgd, 0.05);
      const { weights, velocities } = await engine.exportState();
      for (const [parameter, values] of expected.weights) {
        expect(relativeError(weights.get(parameter) ?? [], values), parameter).toBeLessThan(1e-4);
        const velocity = expected.velocities.get(parameter) ?? [];
        expect(relativeError(velocities.get(parameter) ?? [], velocity)).toBeLessThan(1e-4);
      }
    });

    it.each(threadCounts.length === 0 ? [] : ['MLP1', 'MLP3'])(
      'gives the same bits for %s on any number of threads',
      async (modelName) => {
        const model = findModel(modelName);
        // Full batches, the last ones of 2,000 and 50,000, of 10,000, and odd sizes.
        const sizes = [128, 128, 128, 128, 80, 16, 33, 1, 200];
        const batches = sizes.map((size, index) => randomBatch(model, size, index));
        const digests: string[] = [];
        for (const threads of threadCounts) {
          const engine = await start(model, { threads });
          await engine.train(batches.slice(0, 4), 0.01);
          for (const batch of batches.slice(4)) await engine.train([batch], 0.01);
          const { logits } = await engine.evaluate(randomBatch(model, 104, 99));
          digests.push(
            digestOf(await engine.exportState()) +
              createHash('sha256').update(logits).digest('hex'),
          );
        }
        expect(new Set(digests).size).toBe(1);
      },
    );

    it.each(threadCounts.length === 0 ? [] : ['MLP1', 'Net'])(
      'gives the same bits for %s while its threads become more and fewer',
      async (modelName) => {
        const model = findModel(modelName);
        const batches = [128, 128, 80, 128, 128, 80].map((size, i) => randomBatch(model, size, i));
        const trainWith = async (threads: readonly number[]) => {
          const engine = await start(model);
          for (const [i, batch] of batches.entries()) {
            engine.threads = threads[i % threads.length] ?? 1;
            await engine.train([batch], 0.01);
          }
          const { logits } = await engine.evaluate(randomBatch(model, 40, 99));
          return [digestOf(await engine.exportState()), logits];
        };
        expect(await trainWith([3, 1, 4, 4, 2])).toEqual(await trainWith([1]));
      },
    );
  });

  describe(`${name}: evaluation`, () => {
    it('gives the logits, loss and correct answers of a double-precision implementation', async () => {
      const engine = await start(TINY);
      const batch = randomBatch(TINY, 12, 4);
      const { weights } = await engine.exportState();
      const before = digestOf(await engine.exportState());
      const expected = pass(TINY, { weights: toDoubles(weights), statistics: new Map() }, batch);
      const { logits, loss, correct } = await engine.evaluate(batch);
      expect(relativeError(logits, expected.logits.flat())).toBeLessThan(1e-5);
      expect(loss).toBeCloseTo(expected.loss, 5);
      expect(correct).toBe(expected.correct);
      expect(digestOf(await engine.exportState())).toBe(before);
    });

    it('takes the first of equal logits as the answer', async () => {
      const engine = await start(TINY);
      const zeros = new Map(
        [...initialState(TINY, 1).weights].map(([parameter, { length }]) => [
          parameter,
          new Float32Array(length),
        ]),
      );
      await engine.importState(atRest({ weights: zeros, statistics: new Map() }));
      const { images } = randomBatch(TINY, 4, 1);
      const { correct } = await engine.evaluate({ images, labels: Int32Array.of(0, 1, 0, 3) });
      expect(correct).toBe(2);
    });

    it('stays finite with logits of any size, and says so when the numbers end', async () => {
      const engine = await start(TINY);
      const batch = randomBatch(TINY, 6, 2);
      const scaledBy = async (factor: number) => {
        const { weights } = initialState(TINY, 2);
        const scaled = [...weights].map(
          ([key, data]) => [key, data.map((w) => w * factor)] as const,
        );
        await engine.importState(atRest({ weights: new Map(scaled), statistics: new Map() }));
        return (await engine.evaluate(batch)).loss;
      };
      expect(await scaledBy(1e5)).toBeGreaterThan(1000);
      expect(Number.isFinite(await scaledBy(1e5))).toBe(true);
      expect(Number.isFinite(await scaledBy(1e20))).toBe(false);
    });
  });

  describe(`${name}: numbers that end`, () => {
    it('names the first layer whose output is not finite, whatever its place in a call', async () => {
      const names = ['conv1', 'conv2', 'conv3'] as const;
      const layers = names.map((layer) => conv(layer, 2, { kernel: 1 }));
      const model = chainModel('Growing', [2, 2, 2], [...layers, FLATTEN, dense('dense', 3)]);
      const engine = await start(model);
      const state = initialState(model, 1);
      state.weights.get('conv1.weight')?.fill(1e20);
      state.weights.get('conv2.weight')?.fill(1e20);
      await engine.importState(state);
      const [result] = await engine.train([randomBatch(model, 4, 1)], 0.1);
      expect(result?.failedLayer).toBe('conv2');

      const perceptron = await start(TINY);
      const results = await perceptron.train(
        [0, 1, 2, 3].map((seed) => randomBatch(TINY, 8, seed)),
        1e15,
      );
      const failed = results.findIndex(({ loss }) => !Number.isFinite(loss));
      expect(failed).toBeGreaterThan(0);
      expect(results[failed]?.failedLayer).toMatch(/^dense/);
      expect(results.slice(0, failed).every((each) => each.failedLayer === undefined)).toBe(true);
    });
  });

  describe(`${name}: state`, () => {
    it('goes on from an imported state as if never interrupted', async () => {
      const batches = [0, 1, 2, 3].map((index) => randomBatch(TINY, 8, index));
      const straight = await start(TINY);
      for (const batch of batches) await straight.train([batch], 0.1);
      const first = await start(TINY);
      for (const batch of batches.slice(0, 2)) await first.train([batch], 0.1);
      const second = await create({ model: TINY, sgd: PLAIN, threads: 1 });
      await second.importState(await first.exportState());
      for (const batch of batches.slice(2)) await second.train([batch], 0.1);
      expect(digestOf(await second.exportState())).toBe(digestOf(await straight.exportState()));
    });

    it('keeps exported values apart from what it trains on', async () => {
      const engine = await start(TINY);
      const exported = await engine.exportState();
      const before = digestOf(exported);
      await engine.train([randomBatch(TINY, 8, 1)], 0.1);
      await engine.train([randomBatch(TINY, 8, 2)], 0.1);
      expect(digestOf(exported)).toBe(before);
    });

    it('refuses a state of another model', async () => {
      const engine = await start(TINY);
      await expect(engine.importState(initialState(findModel('MLP1'), 1))).rejects.toThrow(
        /dense1\.weight/,
      );
    });
  });
}
