/** The models of the experiments, by the names that configs and file names use. */

import { fail } from '../data/failure.ts';
import { smallAlexNet } from './alexnet.ts';
import { smallInception } from './inception.ts';
import { multilayerPerceptron } from './mlp.ts';
import type { Model } from './model.ts';
import { smallConvolutionalNet } from './net.ts';
import { wideResNet } from './wide-resnet.ts';
import { type Widen, widenBy } from './width.ts';

const BUILDERS: Readonly<Record<string, (name: string, widen: Widen) => Model>> = {
  Net: smallConvolutionalNet,
  MLP1: (name, widen) => multilayerPerceptron(name, 1, widen),
  MLP3: (name, widen) => multilayerPerceptron(name, 3, widen),
  AlexNetSmall: smallAlexNet,
  InceptionSmall: (name, widen) => smallInception(name, { batchNorm: true }, widen),
  InceptionSmallWithoutBN: (name, widen) => smallInception(name, { batchNorm: false }, widen),
  WideResNet: wideResNet,
};

/** Short names that stand for others. */
const ALIASES: Readonly<Record<string, string>> = {
  AlexNet: 'AlexNetSmall',
  Inception: 'InceptionSmall',
};

/** The names that {@link findModel} knows, short ones apart. */
export const MODEL_NAMES: readonly string[] = Object.keys(BUILDERS);

export interface ModelOptions {
  /** What the numbers of channels and hidden units are multiplied by; 1 where not given. */
  readonly width?: number;
}

/** The full name of a model: `AlexNetSmall` for `AlexNet`; any other name as it is. */
export function fullModelName(name: string): string {
  return (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined) ?? name;
}

/** Builds the model of this name. Fails, listing the known ones, where there is none. */
export function findModel(name: string, { width = 1 }: ModelOptions = {}): Model {
  const fullName = fullModelName(name);
  const build = Object.hasOwn(BUILDERS, fullName) ? BUILDERS[fullName] : undefined;
  if (build === undefined) {
    return fail(`there is no model "${name}"; the known models are ${MODEL_NAMES.join(', ')}`);
  }
  return build(fullName, widenBy(width));
}
