/** The multilayer perceptrons (paper, appendix A): hidden layers of 512 units with ReLU. */

import { CHANNEL_COUNT, CLASS_COUNT, CROP_SIZE } from '../data/images.ts';
import type { Layer } from './layers.ts';
import { buildModel, type Model } from './model.ts';

const HIDDEN_UNITS = 512;

/** Builds the perceptron with this many hidden layers; its layers are `dense1`, `dense2`, … */
export function multilayerPerceptron(name: string, hiddenLayers: number): Model {
  const layers: Layer[] = [{ kind: 'flatten' }];
  for (let number = 1; number <= hiddenLayers; number += 1) {
    layers.push({ kind: 'dense', name: `dense${number}`, units: HIDDEN_UNITS }, { kind: 'relu' });
  }
  layers.push({ kind: 'dense', name: `dense${hiddenLayers + 1}`, units: CLASS_COUNT });
  return buildModel(name, [CHANNEL_COUNT, CROP_SIZE, CROP_SIZE], layers);
}
