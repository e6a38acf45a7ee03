/** What a training's first steps give, small enough to carry: losses, and some of each gradient. */

import { openStream } from '../../experiment/data/random.ts';
import type { Model } from '../../experiment/models/model.ts';
import type { Batch, Engine, ParameterValues } from '../../experiment/training/engine.ts';
import { initialState } from '../../experiment/training/initialisation.ts';

/** SGD as the experiments use it. */
export const SGD = { momentum: 0.9, weightDecay: 0 };
const LEARNING_RATE = 0.01;
const SEED = 42;
/** Values that are kept of each gradient, at equal distances. */
const KEPT = 64;

/** The first steps of a training on random images. */
export interface FirstSteps {
  readonly model: string;
  readonly width: number;
  readonly batch: number;
  /** Of each step, before its update. */
  readonly losses: readonly number[];
  /** By parameter: after one step from rest, some of the velocity. */
  readonly gradients: Readonly<
    Record<string, { readonly norm: number; readonly values: readonly number[] }>
  >;
}

/** Normally distributed images with random labels, the same everywhere. */
function randomBatch(model: Model, size: number, seed: number): Batch {
  const stream = openStream(seed, 'bench/gpu');
  const count = size * model.inputShape.reduce((a, b) => a * b, 1);
  return {
    images: Float32Array.from({ length: count }, () => stream.normal()),
    labels: Int32Array.from({ length: size }, () => stream.integer(model.classCount)),
  };
}

/** Makes the first steps. */
export async function makeFirstSteps(
  engine: Engine,
  model: Model,
  {
    width,
    batch,
    steps,
  }: { readonly width: number; readonly batch: number; readonly steps: number },
): Promise<FirstSteps> {
  await engine.importState(initialState(model, SEED));
  const losses: number[] = [];
  let gradients: FirstSteps['gradients'] = {};
  for (let step = 0; step < steps; step += 1) {
    const [result] = await engine.train([randomBatch(model, batch, step + 1)], LEARNING_RATE);
    losses.push(result?.loss ?? Number.NaN);
    if (step === 0) gradients = summarise((await engine.exportState()).velocities);
  }
  return { model: model.name, width, batch, losses, gradients };
}

/** How far two beginnings are apart. */
export function compareFirstSteps(found: FirstSteps, expected: FirstSteps): object {
  const apart = found.losses.map((loss, index) => {
    const other = expected.losses[index] ?? Number.NaN;
    return Math.abs(loss - other) / Math.abs(other);
  });
  let worst = { parameter: '', error: 0 };
  for (const [parameter, { norm, values }] of Object.entries(expected.gradients)) {
    const own = found.gradients[parameter];
    const difference = values.map((value, index) => (own?.values[index] ?? Number.NaN) - value);
    const scale = Math.max(normOf(values), norm * 1e-3, 1e-12);
    const error = Math.max(
      normOf(difference) / scale,
      Math.abs((own?.norm ?? Number.NaN) - norm) / Math.max(norm, 1e-12),
    );
    if (!(error <= worst.error)) worst = { parameter, error };
  }
  return {
    losses: found.losses.slice(0, 4),
    cpu_losses: expected.losses.slice(0, 4),
    steps: found.losses.length,
    first_loss_error: apart[0],
    worst_loss_error: Math.max(...apart),
    worst_gradient: worst,
  };
}

function summarise(values: ParameterValues): FirstSteps['gradients'] {
  return Object.fromEntries(
    [...values].map(([name, data]) => {
      const stride = Math.max(1, Math.floor(data.length / KEPT));
      const kept = Array.from(
        { length: Math.min(KEPT, data.length) },
        (_, i) => data[i * stride] ?? 0,
      );
      return [name, { norm: normOf(data), values: kept }];
    }),
  );
}

function normOf(values: Iterable<number>): number {
  let squares = 0;
  for (const value of values) squares += value ** 2;
  return Math.sqrt(squares);
}
