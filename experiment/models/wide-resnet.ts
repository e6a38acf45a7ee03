/**
 * A wide residual network (Zagoruyko and Komodakis, 2016) of pre-activation basic blocks: three
 * groups of two blocks, widened three times.
 */

import { CLASS_COUNT, IMAGE_SHAPE } from './images.ts';
import {
  ADD,
  batchNorm,
  type ChainedLayer,
  conv,
  dense,
  GLOBAL_AVERAGE_POOL,
  RELU,
  type WindowOptions,
} from './layers.ts';
import type { Model } from './model.ts';
import { type LayerOutput, ModelBuilder } from './model-builder.ts';
import type { Widen } from './width.ts';

const STEM_CHANNELS = 16;
const GROUP_CHANNELS = [48, 96, 192];
const BLOCKS_A_GROUP = 2;

/** Builds WideResNet. Each group's first block halves the map and projects its shortcut. */
export function wideResNet(name: string, widen: Widen): Model {
  const model = new ModelBuilder(name, IMAGE_SHAPE);

  /** Batch norm and ReLU come before the convolution. */
  const preActivated = (
    path: string,
    part: string,
    channels: number,
    window: WindowOptions,
  ): ChainedLayer[] => [
    batchNorm(`${path}.bn${part}`),
    RELU,
    conv(`${path}.conv${part}`, widen(channels), { ...window, bias: false }),
  ];
  const block = (
    input: LayerOutput,
    path: string,
    channels: number,
    stride: number,
  ): LayerOutput => {
    const residual = model.chain(
      input,
      ...preActivated(path, '1', channels, { kernel: 3, stride, padding: 1 }),
      ...preActivated(path, '2', channels, { kernel: 3, padding: 1 }),
    );
    const projection = preActivated(path, '_shortcut', channels, { kernel: 1, stride });
    return model.join(ADD, residual, stride === 1 ? input : model.chain(input, ...projection));
  };

  let value = model.chain(
    model.input,
    conv('conv1', widen(STEM_CHANNELS), { kernel: 3, padding: 1, bias: false }),
  );
  for (const [group, channels] of GROUP_CHANNELS.entries()) {
    for (let number = 1; number <= BLOCKS_A_GROUP; number += 1) {
      value = block(value, `group${group + 1}.block${number}`, channels, number === 1 ? 2 : 1);
    }
  }
  return model.build(
    model.chain(value, batchNorm('bn'), RELU, GLOBAL_AVERAGE_POOL, dense('dense', CLASS_COUNT)),
  );
}
