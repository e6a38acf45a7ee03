/** What the suites of an engine train on. */

import { createHash } from 'node:crypto';
import { openStream } from '../../../experiment/data/random.ts';
import type { Model } from '../../../experiment/models/model.ts';
import type {
  Batch,
  Engine,
  EngineOptions,
  TrainingState,
} from '../../../experiment/training/engine.ts';

export type CreateEngine = (options: EngineOptions) => Promise<Engine>;

/** SGD as the experiments use it. */
export const PLAIN = { momentum: 0.9, weightDecay: 0 };

/** Normally distributed images with random labels. */
export function randomBatch(model: Model, size: number, seed: number): Batch {
  const stream = openStream(seed, 'test/batch');
  const count = size * model.inputShape.reduce((a, b) => a * b, 1);
  return {
    images: Float32Array.from({ length: count }, () => stream.normal()),
    labels: Int32Array.from({ length: size }, () => stream.integer(model.classCount)),
  };
}

/** A hash of every bit of a state. */
export function digestOf({ weights, velocities, statistics }: TrainingState): string {
  const hash = createHash('sha256');
  for (const group of [weights, velocities, statistics]) {
    for (const values of group.values()) hash.update(values);
  }
  return hash.digest('hex');
}
