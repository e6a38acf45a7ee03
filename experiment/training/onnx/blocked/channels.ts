/**
 * Sums over, and scaling of, single channels: the parts of batch norm and of biases. Vectors over
 * channels have the shape [channels], in whole blocks.
 */

import { type Activation, activation, type Blocks, blockedNode, integers, view } from './blocks.ts';

/** [channels]: the mean of each channel over samples and positions. */
export function meanChannels(blocks: Blocks, input: Activation): string {
  const { batch, channels } = input;
  const bySample = blockedNode(blocks, 'GlobalAveragePool', [input.value]);
  return meanSamples(blocks, view(blocks, bySample, [batch, channels]));
}

/** [channels]: the sum of each channel over samples and positions. */
export function sumChannels(blocks: Blocks, input: Activation): string {
  const { graph } = blocks;
  const count = graph.floats([input.batch * input.height * input.width], []);
  return graph.node('Mul', [meanChannels(blocks, input), count]);
}

/** [channels]: the mean of a · b of each channel over samples and positions. */
export function meanProducts(blocks: Blocks, a: Activation, b: Activation): string {
  const { graph } = blocks;
  const { batch, channels, height, width } = a;
  const groups = batch * channels;
  const products = blockedNode(
    blocks,
    'Conv',
    [
      view(blocks, a.value, [1, groups, height, width]),
      view(blocks, b.value, [groups, 1, height, width]),
    ],
    {
      kernel_shape: integers(height, width),
      strides: integers(1, 1),
      dilations: integers(1, 1),
      pads: integers(0, 0, 0, 0),
      group: { int: groups },
    },
  );
  const means = meanSamples(blocks, view(blocks, products, [batch, channels]));
  return graph.node('Mul', [means, graph.floats([1 / (height * width)], [])]);
}

/** [channels], of [batch, channels]. */
function meanSamples({ graph }: Blocks, values: string): string {
  return graph.node('ReduceMean', [values, graph.int64s([0])], { keepdims: { int: 0 } });
}

/** The sizes of a filter, its channels in whole blocks, unless it reads plain images. */
export interface FilterSizes {
  readonly outputs: number;
  readonly inputs: number;
  readonly height: number;
  readonly width: number;
}

export interface ScaleOptions {
  /** [channels]: added to every position. */
  readonly shift?: string;
  /** Added to the result, before the ReLU. */
  readonly sum?: Activation;
  readonly relu?: boolean;
}

/** Multiplies each channel by its factor in `scale` ([channels]). */
export function scaleChannels(
  blocks: Blocks,
  input: Activation,
  scale: string,
  { shift, sum, relu = false }: ScaleOptions = {},
): Activation {
  const { channels } = input;
  const inputs = [input.value, view(blocks, scale, [channels, 1, 1, 1]), shift ?? ''];
  const value = blockedNode(blocks, 'Conv', sum === undefined ? inputs : [...inputs, sum.value], {
    kernel_shape: integers(1, 1),
    strides: integers(1, 1),
    dilations: integers(1, 1),
    pads: integers(0, 0, 0, 0),
    group: { int: channels },
    ...(relu ? { activation: { string: 'Relu' } } : {}),
  });
  return { ...input, value };
}

/**
 * Multiplies the weights of each output of a filter, which lies in memory as blocked maps of its
 * outputs would, by its factor in `scale` ([outputs]).
 */
export function scaleFilter(
  blocks: Blocks,
  filter: string,
  { outputs, inputs, height, width }: FilterSizes,
  scale: string,
): string {
  const sizes = { batch: 1, channels: outputs, height: 1, width: inputs * height * width };
  return scaleChannels(blocks, activation(blocks, filter, sizes), scale).value;
}
