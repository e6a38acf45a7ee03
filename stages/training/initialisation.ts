/** Initial weights, from seeded streams: the same on every engine. */

import { openStream } from '../data/random.ts';
import { countValues } from '../models/layers.ts';
import type { Model } from '../models/model.ts';
import { atRest, type TrainingState } from './engine.ts';

/**
 * PyTorch's default for linear and convolutional layers: weights and biases uniform in ±1/√fan_in
 * (`nn.Linear.reset_parameters`). Every parameter has a stream of its own, `weights/<name>`.
 * Velocities start at zero.
 */
export function initialState(model: Model, seed: number): TrainingState {
  const weights = new Map<string, Float32Array>();
  for (const { name, shape, fanIn } of model.parameters) {
    const stream = openStream(seed, `weights/${name}`);
    const bound = 1 / Math.sqrt(fanIn);
    const values = new Float32Array(countValues(shape));
    for (let i = 0; i < values.length; i += 1) values[i] = (2 * stream.uniform() - 1) * bound;
    weights.set(name, values);
  }
  return atRest(weights);
}
