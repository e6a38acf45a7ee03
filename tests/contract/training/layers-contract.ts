/** That an engine lowers every kind of layer right, forward and backward; each engine runs this. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream } from '../../../experiment/data/random.ts';
import {
  ADD,
  batchNorm,
  type ChainedLayer,
  CONCAT,
  conv,
  dense,
  FLATTEN,
  GLOBAL_AVERAGE_POOL,
  localResponseNorm,
  maxPool,
  RELU,
} from '../../../experiment/models/layers.ts';
import type { Model } from '../../../experiment/models/model.ts';
import { chainModel, ModelBuilder } from '../../../experiment/models/model-builder.ts';
import type { Shape } from '../../../experiment/models/shapes.ts';
import { atRest, type Batch, type TrainingState } from '../../../experiment/training/engine.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { doubleState, gradientErrors, pass, relativeError, step } from './reference.ts';
import { type CreateEngine, PLAIN, randomBatch } from './samples.ts';

/** Layers between two that are trained, so that their inputs' gradients show as well as their own. */
function between(shape: Shape, ...layers: readonly ChainedLayer[]): Model {
  const channels = shape[0] ?? 1;
  const first = conv('first', channels, { kernel: 1 });
  const spatial = layers.every(({ kind }) => kind !== 'globalAveragePool');
  const last = [...(spatial ? [FLATTEN] : []), dense('last', 4)];
  return chainModel('Layers', shape, [first, ...layers, ...last]);
}

/** Branches that are concatenated and added, with values that several layers read. */
function branching(): Model {
  const model = new ModelBuilder('Branches', [3, 5, 7]);
  const stem = model.chain(model.input, conv('stem', 4, { kernel: 3, padding: 1 }), RELU);
  const left = model.chain(stem, conv('left', 2, { kernel: 1 }), batchNorm('norm'));
  const right = model.chain(stem, conv('right', 3, { kernel: 3, padding: 1 }), RELU);
  const pooled = model.chain(stem, maxPool({ kernel: 3, padding: 1 }));
  const joined = model.join(CONCAT, left, right, pooled, model.input);
  const mixed = model.chain(joined, conv('mixed', 4, { kernel: 3, padding: 1 }));
  const sum = model.join(ADD, mixed, stem, pooled);
  return model.build(model.chain(model.join(ADD, sum, sum), GLOBAL_AVERAGE_POOL, dense('last', 4)));
}

const MODELS: readonly (readonly [string, Model])[] = [
  ['a convolution', between([3, 6, 5], conv('conv', 5, { kernel: 3 }))],
  [
    'a convolution without bias on odd sizes',
    between([2, 7, 5], conv('conv', 3, { kernel: 3, padding: 1, bias: false })),
  ],
  ['a convolution of stride 2', between([3, 7, 9], conv('conv', 4, { kernel: 3, stride: 2 }))],
  [
    'a padded convolution of stride 2 that leaves a row out',
    between([3, 8, 7], conv('conv', 5, { kernel: 3, stride: 2, padding: 1 })),
  ],
  ['a 1×1 convolution of stride 2', between([4, 7, 6], conv('conv', 3, { kernel: 1, stride: 2 }))],
  [
    'a convolution padded on each side otherwise',
    between([2, 6, 7], conv('conv', 3, { kernel: 4, padding: [0, 3, 2, 1] })),
  ],
  [
    'a convolution of stride 3 padded on each side otherwise',
    between([2, 9, 10], conv('conv', 6, { kernel: 5, stride: 3, padding: [2, 0, 1, 4] })),
  ],
  ['a convolution to one channel', between([3, 5, 5], conv('conv', 1, { kernel: 3 }))],
  ['a convolution of 17 channels', between([17, 4, 4], conv('conv', 19, { kernel: 3 }))],
  ['a kernel as large as the map', between([3, 4, 4], conv('conv', 6, { kernel: 4 }))],
  ['a batch norm', between([3, 5, 4], batchNorm('norm', 1e-3))],
  ['batch norm and ReLU', between([5, 3, 3], batchNorm('norm'), RELU)],
  ['a batch norm of no convolution', between([4, 3, 5], RELU, batchNorm('norm'))],
  [
    'a strided convolution, batch norm and ReLU',
    between(
      [3, 7, 6],
      conv('conv', 5, { kernel: 3, stride: 2, padding: 1 }),
      batchNorm('norm'),
      RELU,
    ),
  ],
  ['a max-pool', between([3, 6, 6], maxPool({ kernel: 2, stride: 2 }))],
  [
    'overlapping max-pools that leave a row out',
    between([2, 8, 7], maxPool({ kernel: 3, stride: 2 })),
  ],
  ['a padded max-pool', between([3, 7, 7], maxPool({ kernel: 3, stride: 2, padding: 1 }))],
  [
    'a max-pool padded on each side otherwise',
    between([2, 6, 5], maxPool({ kernel: 3, stride: 2, padding: [0, 2, 1, 0] })),
  ],
  [
    'a padded max-pool of a ReLU',
    between([3, 6, 7], RELU, maxPool({ kernel: 3, stride: 2, padding: 1 })),
  ],
  [
    'a convolution of which a max-pool leaves out the last row and column',
    between(
      [3, 8, 8],
      conv('conv', 5, { kernel: 3, padding: 1 }),
      RELU,
      maxPool({ kernel: 3, stride: 2 }),
    ),
  ],
  [
    'a convolution of stride 2 of which a max-pool leaves out two columns',
    between(
      [2, 9, 12],
      conv('conv', 3, { kernel: 4, stride: 2, padding: [1, 0, 2, 3] }),
      maxPool({ kernel: 2, stride: 4 }),
    ),
  ],
  ['a local response norm', between([7, 3, 4], localResponseNorm(5, { alpha: 0.5 }))],
  [
    'a local response norm of few channels and other constants',
    between([2, 4, 3], localResponseNorm(5, { alpha: 0.9, beta: 0.6, k: 2 })),
  ],
  ['a global average pool', between([6, 3, 5], GLOBAL_AVERAGE_POOL)],
  ['branches', branching()],
];

/** So strong that forgetting it, or doing it twice, shows after a few steps. */
const DECAYED = { momentum: 0.9, weightDecay: 0.5 };

/** @param runs how many geometries of windows are drawn; fewer where each is compiled for long */
export function describeLayers(name: string, create: CreateEngine, runs = 40): void {
  const start = async (model: Model, state: TrainingState, sgd = PLAIN) => {
    const engine = await create({ model, sgd, threads: 1 });
    await engine.importState(state);
    return engine;
  };

  /** A state with a velocity of zero whose running statistics and scales are not the initial ones. */
  const stateOf = (model: Model): TrainingState => {
    const stream = openStream(3, 'test/state');
    const { weights, statistics } = initialState(model, 5);
    for (const values of [...weights.entries(), ...statistics.entries()]) {
      if (/norm\.(weight|running_var)/.test(values[0])) {
        values[1].set(values[1].map(() => 0.5 + stream.uniform()));
      } else if (/norm/.test(values[0])) values[1].set(values[1].map(() => stream.normal()));
    }
    return atRest({ weights, statistics });
  };

  describe.each(MODELS)(`${name}: %s`, (_, model) => {
    it.each([4, 1])(
      'has the gradients and statistics of plain loops, batch of %d',
      async (size) => {
        const state = stateOf(model);
        const batch = randomBatch(model, size, 9);
        const engine = await start(model, state);
        const [result] = await engine.train([batch], 0.01);
        const expected = pass(model, doubleState(state), batch);
        expect(result?.loss).toBeCloseTo(expected.loss, 5);
        const { velocities, statistics } = await engine.exportState();
        for (const [parameter, error] of gradientErrors(velocities, expected.gradients)) {
          expect(error, parameter).toBeLessThan(1e-4);
        }
        for (const [statistic, values] of expected.statistics) {
          expect(relativeError(statistics.get(statistic) ?? [], values), statistic).toBeLessThan(
            1e-5,
          );
        }
      },
    );

    it('evaluates as plain loops do, and leaves the state as it is', async () => {
      const state = stateOf(model);
      const batch = randomBatch(model, 3, 4);
      const engine = await start(model, state);
      const { logits, loss, correct } = await engine.evaluate(batch);
      const expected = pass(model, doubleState(state), batch, 'evaluation');
      expect(relativeError(logits, expected.logits.flat())).toBeLessThan(1e-5);
      expect(loss).toBeCloseTo(expected.loss, 5);
      expect(correct).toBe(expected.correct);
      expect(await engine.exportState()).toEqual(state);
    });

    it('is followed for 5 steps with momentum and weight decay', async () => {
      const state = stateOf(model);
      const engine = await start(model, state, DECAYED);
      const expected = doubleState(state);
      for (let index = 0; index < 5; index += 1) {
        const batch = randomBatch(model, 4, index);
        const [result] = await engine.train([batch], 0.01);
        const loss = step(model, expected, batch, DECAYED, 0.01);
        expect(Math.abs((result?.loss ?? 0) - loss)).toBeLessThan(1e-4 * loss);
      }
      const { weights } = await engine.exportState();
      for (const [parameter, values] of expected.weights) {
        expect(relativeError(weights.get(parameter) ?? [], values), parameter).toBeLessThan(1e-4);
      }
    });
  });

  describe(`${name}: a batch norm with scales at and about zero, and channels that do not vary`, () => {
    it.each(['ReLU', 'none'])('has the gradients of plain loops, activation: %s', async (after) => {
      const channels = 8;
      const layers = [conv('conv', channels, { kernel: 3 }), batchNorm('norm')];
      const model = between([3, 6, 6], ...layers, ...(after === 'ReLU' ? [RELU] : []));
      const state = stateOf(model);
      state.weights.get('norm.weight')?.set([0, -0, 1e-30, -1e-7, 1e-3, 0, 1, -1]);
      // The last three channels are their biases everywhere.
      state.weights.get('conv.weight')?.fill(0, (channels - 3) * 27);
      state.weights.get('conv.bias')?.set([0.5, -0.25, 0], channels - 3);
      const batch = randomBatch(model, 4, 9);
      const engine = await start(model, state);
      const [result] = await engine.train([batch], 0.01);
      const expected = pass(model, doubleState(state), batch);
      expect(result?.loss).toBeCloseTo(expected.loss, 5);
      const { velocities } = await engine.exportState();
      for (const [parameter, error] of gradientErrors(velocities, expected.gradients)) {
        expect(error, parameter).toBeLessThan(1e-4);
      }
    });
  });

  describe(`${name}: windows of any geometry`, () => {
    const side = fc.integer({ min: 0, max: 3 });
    const geometry = fc
      .record({
        kernel: fc.integer({ min: 1, max: 4 }),
        stride: fc.integer({ min: 1, max: 3 }),
        sides: fc.tuple(side, side, side, side),
        channels: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
        sizes: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 })),
        batch: fc.integer({ min: 1, max: 3 }),
      })
      .filter(({ kernel, sides }) => Math.max(...sides) < kernel);

    it('have the gradients of plain loops', async () => {
      await fc.assert(
        fc.asyncProperty(geometry, async ({ kernel, stride, sides, channels, sizes, batch }) => {
          const window = { kernel, stride, padding: sides };
          const model = between([channels[0], ...sizes], conv('conv', channels[1], window));
          const pooled = between([channels[0], ...sizes], maxPool(window));
          for (const each of [model, pooled]) {
            const state = stateOf(each);
            const samples = randomBatch(each, batch, 1);
            const engine = await start(each, state);
            await engine.train([samples], 0.01);
            const { velocities } = await engine.exportState();
            const { gradients } = pass(each, doubleState(state), samples);
            for (const [parameter, error] of gradientErrors(velocities, gradients)) {
              expect(error, parameter).toBeLessThan(1e-4);
            }
          }
        }),
        { numRuns: runs, seed: 1 },
      );
    });
  });

  describe(`${name}: equal values in a window of a max-pool`, () => {
    it('give the gradient to the first of them, row by row', async () => {
      // A 1×1 convolution of weight 1 passes the image on: the pool sees these values.
      const images = Float32Array.of(1, 2, 2, 0, 2, 2, 0, 0, 5, 5, -1, -1, 5, 5, -1, -1);
      const batch: Batch = { images, labels: Int32Array.of(1) };
      const pooling: ChainedLayer[] = [
        maxPool({ kernel: 2, stride: 1 }),
        FLATTEN,
        dense('last', 3),
      ];
      const model = chainModel(
        'Ties',
        [1, 4, 4],
        [conv('first', 1, { kernel: 2, padding: [0, 0, 1, 1] }), ...pooling],
      );
      const state = initialState(model, 2);
      state.weights.get('first.weight')?.set([1, 0, 0, 0]);
      state.weights.get('first.bias')?.set([0]);
      const engine = await start(model, state);
      await engine.train([batch], 0.01);
      const { velocities } = await engine.exportState();
      const { gradients } = pass(model, doubleState(state), batch);
      // Where a tie goes elsewhere, the filter's other positions meet other neighbours.
      expect(
        relativeError(velocities.get('first.weight') ?? [], gradients.get('first.weight') ?? []),
      ).toBeLessThan(1e-5);
    });
  });
}

/** The reference's own gradients, against its losses: what makes it a reference. */
export function describeReference(): void {
  describe('the double-precision reference', () => {
    it.each(MODELS)('has the finite differences of its losses as gradients: %s', (_, model) => {
      const state = doubleState(initialState(model, 5));
      const batch = randomBatch(model, 2, 6);
      const { gradients } = pass(model, state, batch);
      const distance = 1e-6;
      for (const [parameter, gradient] of gradients) {
        const values = state.weights.get(parameter) as Float64Array;
        const stream = openStream(8, `test/${parameter}`);
        for (let draw = 0; draw < 4; draw += 1) {
          const index = stream.integer(values.length);
          const value = values[index] as number;
          values[index] = value + distance;
          const above = pass(model, state, batch).loss;
          values[index] = value - distance;
          const below = pass(model, state, batch).loss;
          values[index] = value;
          const slope = (above - below) / (2 * distance);
          expect(Math.abs((gradient[index] as number) - slope), parameter).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(slope)),
          );
        }
      }
    });
  });
}
