/** That engines agree: on the gradients of every parameter, and on the losses of a training. */

import { beforeAll, describe, expect, it } from 'vitest';
import { hasBatchNorm, type Model } from '../../../experiment/models/model.ts';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import type { ParameterValues, TrainingState } from '../../../experiment/training/engine.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { gradientErrors, toDoubles } from './reference.ts';
import { type CreateEngine, PLAIN, randomBatch } from './samples.ts';

export interface AgreementOptions {
  readonly width: number;
  readonly batchSize: number;
  /** The models that are compared; all of them where not given. */
  readonly models?: readonly string[];
}

const STEPS = 20;
const LEARNING_RATE = 0.01;
/** Milliseconds that a training may take: kernels are compiled on a processor that others use too. */
const LONGEST = 600_000;

/** What an engine makes of a training. */
interface Training {
  /** From rest, the velocities after one step are the gradients. */
  readonly gradients: ParameterValues;
  /** Of each step, before its update. */
  readonly losses: readonly number[];
  /** Before each step. */
  readonly states: readonly TrainingState[];
}

/** Compares an engine with others, each by its name. */
export function describeAgreement(
  name: string,
  create: CreateEngine,
  others: Readonly<Record<string, CreateEngine>>,
  { width, batchSize, models = MODEL_NAMES }: AgreementOptions,
): void {
  /** Trains on its own, or each step from the state that it is handed. */
  const train = async (
    createEngine: CreateEngine,
    model: Model,
    handed: readonly TrainingState[] = [],
  ): Promise<Training> => {
    const engine = await createEngine({ model, sgd: PLAIN, threads: 2 });
    await engine.importState(initialState(model, 42));
    const losses: number[] = [];
    const states: TrainingState[] = [];
    let gradients: ParameterValues = new Map();
    for (let step = 0; step < STEPS; step += 1) {
      const given = handed[step];
      if (given !== undefined) await engine.importState(given);
      states.push(await engine.exportState());
      const [result] = await engine.train([randomBatch(model, batchSize, step + 1)], LEARNING_RATE);
      losses.push(result?.loss ?? Number.NaN);
      if (step === 0) gradients = (await engine.exportState()).velocities;
    }
    return { gradients, losses, states };
  };

  describe.each(models)(`${name}: %s`, (modelName) => {
    const model = findModel(modelName, { width });
    let own: Training;
    beforeAll(async () => {
      own = await train(create, model);
    }, LONGEST);

    describe.each(Object.entries(others))('and the engine %s', (_, createOther) => {
      let other: Training;
      beforeAll(async () => {
        // With a batch norm over few values two engines, both right, part company as soon as
        // rounding moves one value across a ReLU's zero: there each step starts from one state.
        other = await train(createOther, model, hasBatchNorm(model) ? own.states : []);
      }, LONGEST);

      it('agree on the gradient of every parameter', () => {
        const errors = gradientErrors(own.gradients, toDoubles(other.gradients));
        expect(errors.size).toBe(model.parameters.length);
        for (const [parameter, error] of errors) expect(error, parameter).toBeLessThan(1e-4);
      });

      it(`agree on the losses of ${STEPS} steps`, () => {
        for (const [step, loss] of own.losses.entries()) {
          const expected = other.losses[step] ?? Number.NaN;
          expect(Math.abs(loss - expected), `step ${step + 1}`).toBeLessThan(1e-3 * expected);
        }
      });
    });
  });
}
