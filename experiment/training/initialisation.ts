/** Initial values of a model, from seeded streams: the same on every engine. */

import { openStream } from '../data/random.ts';
import type { Model } from '../models/model.ts';
import type { Parameter } from '../models/parameters.ts';
import { countValues } from '../models/shapes.ts';
import type { Init } from '../recorded/config.ts';
import { atRest, type TrainingState } from './engine.ts';

/**
 * The state before the first step. `pytorch`: weights and biases of linear and convolutional layers
 * uniform in ±1/√fan_in (`nn.Linear.reset_parameters`). `he`: weights normal with a deviation of
 * √(2/fan_in), biases zero. Every parameter has a stream of its own, `weights/<name>`. Batch norms
 * start as the identity, velocities at zero.
 */
export function initialState(model: Model, seed: number, init: Init = 'pytorch'): TrainingState {
  const weights = new Map(
    model.parameters.map((parameter) => [parameter.name, initialValues(parameter, seed, init)]),
  );
  const statistics = new Map(
    model.statistics.map(({ name, shape, initial }) => [
      name,
      new Float32Array(countValues(shape)).fill(initial),
    ]),
  );
  return atRest({ weights, statistics });
}

function initialValues({ name, shape, fanIn, role }: Parameter, seed: number, init: Init) {
  const values = new Float32Array(countValues(shape));
  if (role === 'scale') return values.fill(1);
  if (role === 'shift' || (role === 'bias' && init === 'he')) return values;
  const stream = openStream(seed, `weights/${name}`);
  const bound = 1 / Math.sqrt(fanIn);
  const deviation = Math.sqrt(2 / fanIn);
  for (let i = 0; i < values.length; i += 1) {
    values[i] = init === 'he' ? stream.normal() * deviation : (2 * stream.uniform() - 1) * bound;
  }
  return values;
}
