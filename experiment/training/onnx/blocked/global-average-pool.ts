/** The mean of each channel of each sample, forward and backward. */

import { type Activation, activation, type Blocks, blockedNode, padAxis, view } from './blocks.ts';

/** [batch, channels] for the first `channels` channels. */
export function globalAveragePool(blocks: Blocks, input: Activation, channels: number): string {
  const { batch } = input;
  const means = blockedNode(blocks, 'GlobalAveragePool', [input.value]);
  const cut = padAxis(blocks, means, [batch, input.channels, 1], 0, channels - input.channels);
  return view(blocks, cut, [batch, channels]);
}

/** The gradient for the input, of these sizes, from that of the means, [batch, channels]. */
export function globalAveragePoolGradient(
  blocks: Blocks,
  gradient: string,
  channels: number,
  sizes: Omit<Activation, 'value' | 'layout'>,
): Activation {
  const { graph, block } = blocks;
  const { batch, height, width } = sizes;
  const area = height * width;
  const filled = padAxis(blocks, gradient, [batch, channels, 1], 0, sizes.channels - channels);
  const share = graph.node('Mul', [filled, graph.floats([1 / area], [])]);
  const groups = (batch * sizes.channels) / block;
  const everywhere = graph.node('Expand', [
    view(blocks, share, [groups, 1, block]),
    graph.int64s([groups, area, block]),
  ]);
  return activation(blocks, everywhere, sizes);
}
