/** Lowers the layers that give vectors: dense, flatten, global average pool. */

import type { Dense } from '../../../models/layers.ts';
import type { Placed, PlacedLayer } from '../../../models/model.ts';
import { lookUp } from '../layout.ts';
import { globalAveragePool, globalAveragePoolGradient } from './global-average-pool.ts';
import type { BlockedPass, LoweredBlockedLayer } from './lowered-layer.ts';
import {
  addValues,
  type BlockedValue,
  features,
  fromPlain,
  inBlocks,
  maps,
  mapsOf,
  toPlain,
  vectorOf,
} from './values.ts';

/** Lowers x Wᵀ + b. */
export function lowerDense(
  { blocks, weights }: BlockedPass,
  { layer: { name } }: Placed<Dense>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { graph } = blocks;
  const x = vectorOf(input);
  const [weightName, biasName] = [`${name}.weight`, `${name}.bias`];
  const weight = lookUp(weights, weightName);
  const bias = lookUp(weights, biasName);
  return {
    output: features(graph.node('Gemm', [x, weight, bias], { transB: { int: 1 } })),
    lowerGradients: (value, { passBack }) => {
      const gradient = vectorOf(value);
      const ofWeights = graph.node('Gemm', [gradient, x], { transA: { int: 1 } });
      passBack(0, (known) => {
        const back = graph.node('Gemm', [gradient, weight]);
        return addValues(blocks, known, features(back));
      });
      const total = graph.node('ReduceSum', [gradient, graph.int64s([0])], {
        keepdims: { int: 0 },
      });
      return [
        [weightName, ofWeights],
        [biasName, total],
      ];
    },
  };
}

/** Lays the channels out one after the other, as the dense layer's weights expect them. */
export function lowerFlatten(
  { blocks }: BlockedPass,
  placed: PlacedLayer,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { graph } = blocks;
  const parts = mapsOf(input);
  const plain = toPlain(blocks, parts);
  return {
    output: features(graph.node('Flatten', [plain], { axis: { int: 1 } })),
    lowerGradients: (gradient, { passBack }) => {
      passBack(0, (known) => {
        const shape = [-1, ...(placed.inputShapes[0] ?? [])];
        const seen = graph.reshape(vectorOf(gradient), shape);
        return addValues(blocks, known, fromPlain(blocks, seen, parts));
      });
      return [];
    },
  };
}

/** Lowers the mean of each channel, part by part. */
export function lowerGlobalAveragePool(
  { blocks }: BlockedPass,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { graph } = blocks;
  const parts = inBlocks(blocks, input);
  const means = parts.map(({ activation, channels }) =>
    globalAveragePool(blocks, activation, channels),
  );
  const [only = ''] = means;
  const axis = { int: 1 };
  return {
    output: features(means.length === 1 ? only : graph.node('Concat', means, { axis })),
    lowerGradients: (gradient, { passBack }) => {
      passBack(0, (known) => {
        const whole = vectorOf(gradient);
        const sizes = graph.int64s(parts.map(({ channels }) => channels));
        const slices =
          parts.length === 1
            ? [whole]
            : graph.nodes('Split', [whole, sizes], parts.length, { axis });
        const spread = parts.map(({ activation, channels }, index) => ({
          channels,
          activation: globalAveragePoolGradient(blocks, slices[index] ?? '', channels, activation),
        }));
        return addValues(blocks, known, maps(spread));
      });
      return [];
    },
  };
}
