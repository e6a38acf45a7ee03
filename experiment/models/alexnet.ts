/** The small AlexNet (paper, appendix A): two blocks with local response norm, three dense layers. */

import { CLASS_COUNT, IMAGE_SHAPE } from './images.ts';
import {
  type ChainedLayer,
  conv,
  dense,
  FLATTEN,
  localResponseNorm,
  maxPool,
  RELU,
} from './layers.ts';
import type { Model } from './model.ts';
import { chainModel } from './model-builder.ts';
import type { Widen } from './width.ts';

/** Builds AlexNetSmall. */
export function smallAlexNet(name: string, widen: Widen): Model {
  const block = (number: number, channels: number): ChainedLayer[] => [
    conv(`conv${number}`, widen(channels), { kernel: 5, padding: 1 }),
    RELU,
    maxPool({ kernel: 3, stride: 2 }),
    localResponseNorm(5),
  ];
  return chainModel(name, IMAGE_SHAPE, [
    ...block(1, 64),
    ...block(2, 192),
    FLATTEN,
    dense('dense1', widen(384)),
    RELU,
    dense('dense2', widen(192)),
    RELU,
    dense('dense3', CLASS_COUNT),
  ]);
}
