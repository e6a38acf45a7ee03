/** The models of the experiments, by the names that configs and file names use. */

import { fail } from '../data/failure.ts';
import { multilayerPerceptron } from './mlp.ts';
import type { Model } from './model.ts';

const BUILDERS: Readonly<Record<string, () => Model>> = {
  MLP1: () => multilayerPerceptron('MLP1', 1),
  MLP3: () => multilayerPerceptron('MLP3', 3),
};

/** The names that {@link findModel} knows. */
export const MODEL_NAMES: readonly string[] = Object.keys(BUILDERS);

/** Builds the model of this name. Fails, listing the known ones, where there is none. */
export function findModel(name: string): Model {
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (build === undefined) {
    return fail(`there is no model "${name}"; the known models are ${MODEL_NAMES.join(', ')}`);
  }
  return build();
}
