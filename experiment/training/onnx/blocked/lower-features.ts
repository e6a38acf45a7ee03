/** Lowers the layers that give vectors: dense, flatten, global average pool. */

import type { Dense } from '../../../models/layers.ts';
import { inputShapeOf, type Placed, type PlacedLayer } from '../../../models/model.ts';
import { featuresOf } from '../../../models/shapes.ts';
import { lowerDense as lower } from '../dense.ts';
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
  { blocks, weights, batchSize, turned }: BlockedPass,
  placed: Placed<Dense>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { graph } = blocks;
  const { layer } = placed;
  const shape = [layer.units, featuresOf(layer, inputShapeOf(placed))];
  const lowered = lower({ graph, batchSize, turned }, placed, {
    input: vectorOf(input),
    weight: graph.reshape(lookUp(weights, `${layer.name}.weight`), shape),
    bias: lookUp(weights, `${layer.name}.bias`),
  });
  return {
    output: features(lowered.output),
    lowerGradients: (value, { passBack }) => {
      const gradient = vectorOf(value);
      const ofParameters = lowered.lowerParameters(gradient);
      passBack(0, (known) => addValues(blocks, known, features(lowered.lowerInput(gradient))));
      return ofParameters;
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
