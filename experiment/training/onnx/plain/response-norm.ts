/** Lowers local response norm (Krizhevsky et al., 2012) and its gradient. */

import type { LocalResponseNorm } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import {
  inputMap,
  type LoweredPlainLayer,
  lowerInputGradient,
  type PlainPass,
} from './lowered-layer.ts';

/**
 * Lowers y = x s^−β with s = k + α · (mean of x² over the neighbouring channels, zeros beyond the
 * first and last). Its gradient is g s^−β − 2 α β x · (mean of g y / s over the same channels).
 */
export function lowerResponseNorm(
  pass: PlainPass,
  placed: Placed<LocalResponseNorm>,
  input: string,
): LoweredPlainLayer {
  const { graph } = pass;
  const { alpha, beta, k } = placed.layer;
  const times = (value: string, factor: number): string =>
    graph.node('Mul', [value, graph.floats([factor], [])]);

  const energy = lowerNeighbourMean(pass, placed, graph.node('Mul', [input, input]));
  const size = graph.node('Add', [times(energy, alpha), graph.floats([k], [])]);
  const factor = lowerPower(graph, size, beta);
  const output = graph.node('Mul', [input, factor]);
  return {
    output,
    lowerGradients: lowerInputGradient((gradient) => {
      const direct = graph.node('Mul', [gradient, factor]);
      const weighted = graph.node('Div', [graph.node('Mul', [gradient, output]), size]);
      const around = lowerNeighbourMean(pass, placed, weighted);
      const pull = graph.node('Mul', [input, times(around, 2 * alpha * beta)]);
      return graph.node('Sub', [direct, pull]);
    }),
  };
}

/** The mean over `size` channels, the missing ones counted as zeros: a pool along the channels. */
function lowerNeighbourMean(
  { graph, batchSize }: PlainPass,
  placed: Placed<LocalResponseNorm>,
  value: string,
): string {
  const { size } = placed.layer;
  const [channels, height, width] = inputMap(placed);
  const side = (size - 1) / 2;
  const turned = graph.node('Reshape', [
    value,
    graph.int64s([batchSize, 1, channels, height * width]),
  ]);
  const means = graph.node('AveragePool', [turned], {
    kernel_shape: { ints: [size, 1] },
    pads: { ints: [side, 0, side, 0] },
    count_include_pad: { int: 1 },
  });
  return graph.node('Reshape', [means, graph.int64s([batchSize, channels, height, width])]);
}

/** value^−beta. For ¾ by roots, which take a tenth of a power's time. */
function lowerPower(graph: GraphBuilder, value: string, beta: number): string {
  if (beta !== 0.75) return graph.node('Pow', [value, graph.floats([-beta], [])]);
  const root = graph.node('Sqrt', [value]);
  return graph.node('Reciprocal', [graph.node('Mul', [root, graph.node('Sqrt', [root])])]);
}
