/** The multilayer perceptrons (paper, appendix A): hidden layers of 512 units with ReLU. */

import { CLASS_COUNT, IMAGE_SHAPE } from './images.ts';
import { type ChainedLayer, dense, FLATTEN, RELU } from './layers.ts';
import type { Model } from './model.ts';
import { chainModel } from './model-builder.ts';
import type { Widen } from './width.ts';

const HIDDEN_UNITS = 512;

/** Builds the perceptron with this many hidden layers; its layers are `dense1`, `dense2`, … */
export function multilayerPerceptron(name: string, hiddenLayers: number, widen: Widen): Model {
  const layers: ChainedLayer[] = [FLATTEN];
  for (let number = 1; number <= hiddenLayers; number += 1) {
    layers.push(dense(`dense${number}`, widen(HIDDEN_UNITS)), RELU);
  }
  layers.push(dense(`dense${hiddenLayers + 1}`, CLASS_COUNT));
  return chainModel(name, IMAGE_SHAPE, layers);
}
