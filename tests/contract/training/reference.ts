/**
 * SGD on a model in plain loops and double precision, written without looking at the engines: what
 * they are compared with.
 */

import { INPUT, type Model } from '../../../experiment/models/model.ts';
import { countValues } from '../../../experiment/models/shapes.ts';
import type { Batch, SgdOptions, TrainingState } from '../../../experiment/training/engine.ts';
import { type Doubles, forwardLayer, type LayerPass } from './reference-layers.ts';

export type { Doubles } from './reference-layers.ts';

export function toDoubles(values: ReadonlyMap<string, ArrayLike<number>>): Doubles {
  return new Map([...values].map(([name, data]) => [name, Float64Array.from(data)]));
}

/** A training state in double precision. */
export type DoubleState = { readonly [Group in keyof TrainingState]: Doubles };

export function doubleState({ weights, velocities, statistics }: TrainingState): DoubleState {
  return {
    weights: toDoubles(weights),
    velocities: toDoubles(velocities),
    statistics: toDoubles(statistics),
  };
}

export interface Pass {
  /** Mean cross-entropy of the batch. */
  readonly loss: number;
  readonly correct: number;
  /** [sample][class] */
  readonly logits: number[][];
  readonly gradients: Doubles;
  /** Running statistics after the batch. */
  readonly statistics: Doubles;
}

/** Runs a batch forward and, in training, backward; changes nothing that it is given. */
export function pass(
  model: Model,
  state: Pick<DoubleState, 'weights' | 'statistics'>,
  batch: Pick<Batch, 'labels'> & { readonly images: ArrayLike<number> },
  mode: 'training' | 'evaluation' = 'training',
): Pass {
  const samples = batch.labels.length;
  const { weights } = state;
  const statistics = toDoubles(state.statistics);
  const options = { samples, weights, statistics, mode };
  const values: Doubles = new Map([[INPUT, Float64Array.from(batch.images)]]);
  const passes: LayerPass[] = [];
  for (const placed of model.layers) {
    const inputs = placed.inputs.map((name) => values.get(name) as Float64Array);
    const layer = forwardLayer(placed, inputs, options);
    passes.push(layer);
    values.set(placed.output, layer.output);
  }
  const output = model.layers.at(-1)?.output ?? INPUT;
  const scores = values.get(output) as Float64Array;
  const { loss, correct, gradient, logits } = crossEntropy(scores, batch.labels, model.classCount);
  const gradients: Doubles = new Map(
    model.parameters.map(({ name, shape }) => [name, new Float64Array(countValues(shape))]),
  );
  const back: Doubles = new Map([[output, gradient]]);
  const reversed = mode === 'training' ? [...model.layers.entries()].reverse() : [];
  for (const [index, placed] of reversed) {
    const inputs = passes[index]?.backward(back.get(placed.output) as Float64Array, gradients);
    for (const [place, value] of inputs?.entries() ?? []) {
      const name = placed.inputs[place] as string;
      const known = back.get(name);
      back.set(name, known === undefined ? value : known.map((g, i) => g + (value[i] as number)));
    }
  }
  return { loss, correct, logits, gradients, statistics };
}

function crossEntropy(scores: Float64Array, labels: Int32Array, classes: number) {
  const samples = labels.length;
  const gradient = new Float64Array(scores.length);
  const logits: number[][] = [];
  let loss = 0;
  let correct = 0;
  for (let n = 0; n < samples; n += 1) {
    const row = Array.from(scores.subarray(n * classes, (n + 1) * classes));
    logits.push(row);
    const label = labels[n] as number;
    const largest = Math.max(...row);
    if (row.indexOf(largest) === label) correct += 1;
    const total = row.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    loss += Math.log(total) + largest - (row[label] as number);
    for (const [k, score] of row.entries()) {
      const probability = Math.exp(score - largest) / total;
      gradient[n * classes + k] = (probability - (k === label ? 1 : 0)) / samples;
    }
  }
  return { loss: loss / samples, correct, gradient, logits };
}

/** Makes one step in place: v ← momentum·v + g + λw, w ← w − lr·v. Returns the loss before it. */
export function step(
  model: Model,
  state: DoubleState,
  batch: Batch,
  sgd: SgdOptions,
  learningRate: number,
): number {
  const { loss, gradients, statistics } = pass(model, state, batch);
  for (const [name, gradient] of gradients) {
    const weight = state.weights.get(name) as Float64Array;
    const velocity = state.velocities.get(name) as Float64Array;
    for (let i = 0; i < gradient.length; i += 1) {
      const w = weight[i] as number;
      velocity[i] =
        sgd.momentum * (velocity[i] as number) + (gradient[i] as number) + sgd.weightDecay * w;
      weight[i] = w - learningRate * (velocity[i] as number);
    }
  }
  for (const [name, values] of statistics) state.statistics.set(name, values);
  return loss;
}

/** ‖values‖ */
function norm(values: Iterable<number>): number {
  let squares = 0;
  for (const value of values) squares += value ** 2;
  return Math.sqrt(squares);
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const difference = Array.from(b, (value, i) => (a[i] as number) - value);
  return norm(difference) / Math.max(norm(Array.from(b)), 1e-12);
}

/** By tensor: ‖a − b‖ / max(‖b‖, 10⁻⁶ · ‖all of b‖). */
export function gradientErrors(
  a: ReadonlyMap<string, ArrayLike<number>>,
  b: Doubles,
): Map<string, number> {
  const whole = norm([...b.values()].map(norm));
  return new Map(
    [...b].map(([name, expected]) => {
      const found = a.get(name);
      const difference = norm(expected.map((value, i) => (found?.[i] ?? Number.NaN) - value));
      return [name, difference / Math.max(norm(expected), 1e-6 * whole)];
    }),
  );
}
