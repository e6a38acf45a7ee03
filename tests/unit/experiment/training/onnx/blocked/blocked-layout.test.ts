import { expect, it } from 'vitest';
import { openStream } from '../../../../../../experiment/data/random.ts';
import type { Model } from '../../../../../../experiment/models/model.ts';
import { findModel, MODEL_NAMES } from '../../../../../../experiment/models/registry.ts';
import { countValues } from '../../../../../../experiment/models/shapes.ts';
import {
  atRest,
  type ModelValues,
  type TrainingState,
} from '../../../../../../experiment/training/engine.ts';
import { initialState } from '../../../../../../experiment/training/initialisation.ts';
import { blockedLayout } from '../../../../../../experiment/training/onnx/blocked/blocked-layout.ts';
import {
  compileEvaluation,
  compileTraining,
  correctOf,
  imagesOf,
  LEARNING_RATE,
  LOGITS,
  labelsOf,
  lossOf,
} from '../../../../../../experiment/training/onnx/compile.ts';
import type { Layout } from '../../../../../../experiment/training/onnx/layout.ts';
import { PLAIN_LAYOUT } from '../../../../../../experiment/training/onnx/plain/plain-layout.ts';
import { loadRuntime } from '../../../../../../experiment/training/onnx/runtime.ts';
import { StateTensors } from '../../../../../../experiment/training/onnx/state-tensors.ts';
import { block, describeBlocked } from './harness.ts';

const BLOCKED = blockedLayout(block);
const runtime = await loadRuntime({ threads: 2 });

interface Trained {
  readonly loss: number;
  readonly correct: number;
  readonly state: TrainingState;
  readonly logits: Float32Array;
}

function batchOf(model: Model, size: number) {
  const stream = openStream(3, 'batch');
  const length = size * countValues(model.inputShape);
  return {
    images: Float32Array.from({ length }, () => stream.normal()),
    labels: Int32Array.from({ length: size }, () => stream.integer(model.classCount)),
  };
}

/**
 * The initial weights, but random scales, shifts and statistics: with shifts of zero the scale before
 * another batch norm would have next to no gradient.
 */
function someState(model: Model): ModelValues {
  const { weights, statistics } = initialState(model, 7);
  for (const { name, role } of model.parameters) {
    if (role === 'scale' || role === 'shift') randomize(weights.get(name), name);
  }
  for (const { name } of model.statistics) randomize(statistics.get(name), name);
  return { weights, statistics };
}

/** Fills with values from 0.5 to 1.5. */
function randomize(values: Float32Array | undefined, name: string): void {
  const stream = openStream(4, name);
  for (let i = 0; i < (values?.length ?? 0); i += 1) values?.fill(0.5 + stream.uniform(), i, i + 1);
}

/**
 * One step with learning rate 0.01 from rest, so that the velocities are the gradients, then the
 * evaluation of the same batch.
 */
async function train(model: Model, layout: Layout, batchSize: number): Promise<Trained> {
  const tensors = new StateTensors(model, layout, runtime);
  tensors.import(atRest(someState(model)));
  const { images, labels } = batchOf(model, batchSize);
  const feeds = {
    [imagesOf(0)]: runtime.tensor(images, [batchSize, ...model.inputShape]),
    [labelsOf(0)]: runtime.tensor(labels, [batchSize]),
  };
  const sgd = { momentum: 0.9, weightDecay: 0 };
  const training = await runtime.openSession(
    compileTraining(model, { layout, batchSize, pixels: false, steps: 1, sgd }),
  );
  const [loss, correct] = [new Float32Array(1), new Float32Array(1)];
  await training.run(
    {
      ...feeds,
      ...tensors.trainingFeeds(),
      [LEARNING_RATE]: runtime.tensor(Float32Array.of(0.01), []),
    },
    {
      ...tensors.fetches(),
      [lossOf(0)]: runtime.tensor(loss, []),
      [correctOf(0)]: runtime.tensor(correct, []),
    },
  );
  tensors.swap();
  const evaluation = await runtime.openSession(
    compileEvaluation(model, { layout, batchSize, pixels: false }),
  );
  const found = await evaluation.run({ ...feeds, ...tensors.evaluationFeeds() });
  const logits = Float32Array.from(found[LOGITS]?.data as Float32Array);
  await Promise.all([training.release(), evaluation.release()]);
  return { loss: Number(loss[0]), correct: Number(correct[0]), state: tensors.export(), logits };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** The greatest error of a tensor, ‖a − b‖ / max(‖b‖, 10⁻⁶ · ‖all‖), with the tensor's name. */
function worstError(
  found: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
): { readonly name: string; readonly error: number } {
  const whole = Math.hypot(...[...expected.values()].map(norm));
  const errors = [...expected].map(([name, values]) => {
    const other = found.get(name) ?? new Float32Array();
    const difference = values.map((value, at) => value - (other[at] ?? Number.NaN));
    return { name, error: norm(difference) / Math.max(norm(values), 1e-6 * whole) };
  });
  return errors.reduce((worst, each) => (each.error > worst.error ? each : worst), {
    name: '',
    error: 0,
  });
}

describeBlocked('a model in the blocked layout', () => {
  const cases = MODEL_NAMES.flatMap((name) => [4, 17].map((batchSize) => ({ name, batchSize })));

  it.each(cases)('$name agrees with the plain layout on $batchSize samples', async (test) => {
    const model = findModel(test.name, { width: 0.125 });
    const plain = await train(model, PLAIN_LAYOUT, test.batchSize);
    const blocked = await train(model, BLOCKED, test.batchSize);
    expect(blocked.loss).toBeCloseTo(plain.loss, 4);
    expect(blocked.correct).toBe(plain.correct);
    const gradients = worstError(blocked.state.velocities, plain.state.velocities);
    expect(gradients.error, gradients.name).toBeLessThan(1e-4);
    const weights = worstError(blocked.state.weights, plain.state.weights);
    expect(weights.error, weights.name).toBeLessThan(1e-4);
    const statistics = worstError(blocked.state.statistics, plain.state.statistics);
    expect(statistics.error, statistics.name).toBeLessThan(1e-4);
    const logits = worstError(new Map([['', blocked.logits]]), new Map([['', plain.logits]]));
    expect(logits.error).toBeLessThan(1e-3);
  });
});
