/** Net: three blocks of convolution, batch norm, ReLU and max-pool, and two dense layers. */

import { CLASS_COUNT, IMAGE_SHAPE } from './images.ts';
import { batchNorm, type ChainedLayer, conv, dense, FLATTEN, maxPool, RELU } from './layers.ts';
import type { Model } from './model.ts';
import { chainModel } from './model-builder.ts';
import type { Widen } from './width.ts';

/** Builds Net. */
export function smallConvolutionalNet(name: string, widen: Widen): Model {
  const block = (number: number, channels: number, kernel: number): ChainedLayer[] => [
    conv(`conv${number}`, widen(channels), { kernel, padding: (kernel - 1) / 2 }),
    batchNorm(`bn${number}`),
    RELU,
    maxPool({ kernel: 2, stride: 2 }),
  ];
  return chainModel(name, IMAGE_SHAPE, [
    ...block(1, 8, 5),
    ...block(2, 16, 3),
    ...block(3, 32, 3),
    conv('conv4', widen(8), { kernel: 1 }),
    FLATTEN,
    dense('dense1', widen(128)),
    RELU,
    dense('dense2', CLASS_COUNT),
  ]);
}
