/** The small Inception (paper, appendix A and figure 3), with and without batch norm. */

import { CLASS_COUNT, IMAGE_SHAPE } from './images.ts';
import {
  batchNorm,
  CONCAT,
  conv,
  dense,
  GLOBAL_AVERAGE_POOL,
  maxPool,
  RELU,
  type WindowOptions,
} from './layers.ts';
import type { Model } from './model.ts';
import { type LayerOutput, ModelBuilder } from './model-builder.ts';
import type { Widen } from './width.ts';

const EPS = 1e-3;

export interface InceptionOptions {
  readonly batchNorm: boolean;
}

/** Builds InceptionSmall or, without batch norm, InceptionSmallWithoutBN. */
export function smallInception(name: string, options: InceptionOptions, widen: Widen): Model {
  const model = new ModelBuilder(name, IMAGE_SHAPE);

  const convModule = (
    input: LayerOutput,
    path: string,
    channels: number,
    window: WindowOptions,
  ) => {
    const filter = conv(`${path}.conv`, widen(channels), { ...window, bias: false });
    if (!options.batchNorm) return model.chain(input, filter, RELU);
    return model.chain(input, filter, batchNorm(`${path}.bn`, EPS), RELU);
  };
  const inception = (
    input: LayerOutput,
    path: string,
    pointwise: number,
    square: number,
  ): LayerOutput =>
    model.join(
      CONCAT,
      convModule(input, `${path}.branch1x1`, pointwise, { kernel: 1 }),
      convModule(input, `${path}.branch3x3`, square, { kernel: 3, padding: 1 }),
    );
  const downsample = (input: LayerOutput, path: string, channels: number): LayerOutput => {
    const halving = { kernel: 3, stride: 2, padding: 1 };
    return model.join(
      CONCAT,
      convModule(input, `${path}.branch3x3`, channels, halving),
      model.chain(input, maxPool(halving)),
    );
  };

  let value = convModule(model.input, 'conv1', 96, { kernel: 3, padding: 1 });
  value = inception(value, 'inception1', 32, 32);
  value = inception(value, 'inception2', 32, 48);
  value = downsample(value, 'downsample1', 80);
  value = inception(value, 'inception3', 112, 48);
  value = inception(value, 'inception4', 96, 64);
  value = inception(value, 'inception5', 80, 80);
  value = inception(value, 'inception6', 48, 96);
  value = downsample(value, 'downsample2', 96);
  value = inception(value, 'inception7', 176, 160);
  value = inception(value, 'inception8', 176, 160);
  return model.build(model.chain(value, GLOBAL_AVERAGE_POOL, dense('dense', CLASS_COUNT)));
}
