/** Lowers max-pools and global average pools. */

import type { GlobalAveragePool, MaxPool } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import {
  inputMap,
  type LoweredPlainLayer,
  lowerInputGradient,
  type PlainPass,
} from './lowered-layer.ts';

/**
 * Lowers a max-pool. Of equal values the first is the maximum, row by row, as in PyTorch.
 *
 * @throws nothing itself; its gradient throws Error where it was lowered for evaluation
 */
export function lowerMaxPool(
  pass: PlainPass,
  placed: Placed<MaxPool>,
  input: string,
): LoweredPlainLayer {
  const { graph, batchSize, mode } = pass;
  const { kernel, stride, padding } = placed.layer;
  const [channels, height, width] = inputMap(placed);
  const window = {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: padding },
  };
  if (mode === 'evaluation') {
    return {
      output: graph.node('MaxPool', [input], window),
      lowerGradients: () => {
        throw new Error('a max-pool was lowered for evaluation: it has no gradient');
      },
    };
  }
  const [output = '', places = ''] = graph.nodes('MaxPool', [input], 2, window);
  const flat = (value: string): string => graph.node('Reshape', [value, graph.int64s([-1])]);
  return {
    output,
    lowerGradients: lowerInputGradient((gradient) => {
      const size = batchSize * channels * height * width;
      const zeros = graph.node('ConstantOfShape', [graph.int64s([size])]);
      const sums = graph.node('ScatterElements', [zeros, flat(places), flat(gradient)], {
        reduction: { string: 'add' },
      });
      return graph.node('Reshape', [sums, graph.int64s([batchSize, channels, height, width])]);
    }),
  };
}

/** Lowers the mean of each channel: [N, C, H, W] to [N, C]. */
export function lowerGlobalAveragePool(
  { graph, batchSize }: PlainPass,
  placed: Placed<GlobalAveragePool>,
  input: string,
): LoweredPlainLayer {
  const [channels, height, width] = inputMap(placed);
  const means = graph.node('GlobalAveragePool', [input]);
  return {
    output: graph.node('Reshape', [means, graph.int64s([batchSize, channels])]),
    lowerGradients: lowerInputGradient((gradient) => {
      const share = graph.node('Mul', [gradient, graph.floats([1 / (height * width)], [])]);
      const single = graph.node('Reshape', [share, graph.int64s([batchSize, channels, 1, 1])]);
      return graph.node('Expand', [single, graph.int64s([batchSize, channels, height, width])]);
    }),
  };
}
