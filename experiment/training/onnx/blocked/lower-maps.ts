/** Lowers the layers without parameters that give feature maps. */

import type { LocalResponseNorm, MaxPool, Relu } from '../../../models/layers.ts';
import { inputOf, inputShapeOf, type Placed } from '../../../models/model.ts';
import { mapOf } from '../../../models/shapes.ts';
import { putsTogether } from './layout.ts';
import { responseNorm, responseNormGradient } from './local-response-norm.ts';
import { type BlockedPass, edgesOf, type LoweredBlockedLayer } from './lowered-layer.ts';
import { maxPoolForward, maxPoolGradient, type Pooling } from './max-pool.ts';
import { maskGradient, reluGradient } from './relu.ts';
import {
  addValues,
  type BlockedValue,
  features,
  fromPlain,
  inBlocks,
  mapParts,
  maps,
  mapsOf,
  merge,
  partAt,
  toPlain,
  unmerge,
  vectorOf,
} from './values.ts';

/** Lowers a ReLU, unless the layer before it or the max-pool after it do its work. */
export function lowerRelu(
  pass: BlockedPass,
  placed: Placed<Relu>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { blocks, fusions } = pass;
  const { graph } = blocks;
  const rectify = (value: string) => graph.node('Relu', [value]);
  const output = fusions.rectified.has(inputOf(placed)) ? input : mapValue(pass, input, rectify);
  return {
    output,
    lowerGradients: (gradient, { passBack }) => {
      passBack(0, (known) => addValues(blocks, known, mask(gradient)));
      return [];
    },
  };

  function mask(gradient: BlockedValue): BlockedValue {
    if (fusions.maskedByPool.has(placed.output)) return gradient;
    if (gradient.kind === 'features') {
      return features(maskGradient(blocks, gradient.value, vectorOf(output)));
    }
    return mapParts(gradient.parts, (activation, index) =>
      reluGradient(blocks, activation, partAt(mapsOf(output), index).activation),
    );
  }
}

function mapValue(
  { blocks }: BlockedPass,
  value: BlockedValue,
  change: (value: string) => string,
): BlockedValue {
  if (value.kind === 'features') return features(change(value.value));
  return mapParts(inBlocks(blocks, value), (activation) => ({
    ...activation,
    value: change(activation.value),
  }));
}

/**
 * Lowers a max-pool, part by part.
 *
 * @throws nothing itself; its gradient throws RangeError for a part that was not pooled
 */
export function lowerMaxPool(
  { blocks, fusions, mode }: BlockedPass,
  placed: Placed<MaxPool>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { layer } = placed;
  const pooling: Pooling = {
    window: {
      height: layer.kernel,
      width: layer.kernel,
      stride: layer.stride,
      pads: edgesOf(layer.padding),
    },
    trained: mode === 'training',
    rectified: fusions.nonNegative.has(inputOf(placed)),
  };
  const parts = inBlocks(blocks, input);
  const pooled = parts.map(({ activation }) => maxPoolForward(blocks, activation, pooling));
  const isMasking = fusions.maskedByPool.has(inputOf(placed));
  return {
    output: maps(
      pooled.map(({ output }, index) => ({
        channels: partAt(parts, index).channels,
        activation: output,
      })),
    ),
    lowerGradients: (gradient, { passBack }) => {
      passBack(0, (known) => {
        const back = parts.map(({ activation, channels }, index) => {
          const maxima = pooled[index];
          if (maxima === undefined) throw new RangeError(`part ${index} was not pooled`);
          const { activation: dy } = partAt(mapsOf(gradient), index);
          const masked = isMasking ? reluGradient(blocks, dy, maxima.output) : dy;
          return {
            channels,
            activation: maxPoolGradient(blocks, activation, maxima, masked, pooling),
          };
        });
        return addValues(blocks, known, maps(back));
      });
      return [];
    },
  };
}

/** Lowers a local response norm, over the channels of all parts. */
export function lowerResponseNorm(
  { blocks }: BlockedPass,
  placed: Placed<LocalResponseNorm>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { layer } = placed;
  const parts = inBlocks(blocks, input);
  const merged = merge(blocks, parts);
  const [channels] = mapOf(layer, inputShapeOf(placed));
  const norm = { ...layer, channels };
  const normalized = responseNorm(blocks, merged.activation, norm);
  return {
    output: maps([{ activation: normalized.output, channels }]),
    lowerGradients: (gradient, { passBack }) => {
      passBack(0, (known) => {
        const { activation: dy } = partAt(mapsOf(gradient), 0);
        const back = responseNormGradient(blocks, merged.activation, normalized, dy, norm);
        const split = unmerge(blocks, { activation: back, channels }, parts);
        return addValues(blocks, known, split);
      });
      return [];
    },
  };
}

/** Lowers a concatenation: its parts are only listed, unless together they fill blocks better. */
export function lowerConcat(
  { blocks }: BlockedPass,
  inputs: readonly BlockedValue[],
): LoweredBlockedLayer {
  const partsOf = inputs.map((input) => inBlocks(blocks, input));
  const parts = partsOf.flat();
  const isOne = putsTogether(
    parts.map(({ channels }) => channels),
    blocks.block,
  );
  return {
    output: maps(isOne ? [merge(blocks, parts)] : parts),
    lowerGradients: (gradient, { passBack }) => {
      const given = mapsOf(gradient);
      const gradients = isOne ? mapsOf(unmerge(blocks, partAt(given, 0), parts)) : given;
      let start = 0;
      for (const [index, { length }] of partsOf.entries()) {
        const slice = gradients.slice(start, start + length);
        passBack(index, (known) => addValues(blocks, known, maps(slice)));
        start += length;
      }
      return [];
    },
  };
}

/** Lowers a sum; inputs in other parts than the first are brought into its parts. */
export function lowerAdd(
  { blocks }: BlockedPass,
  inputs: readonly BlockedValue[],
): LoweredBlockedLayer {
  const partsOf = inputs.map((input) => inBlocks(blocks, input));
  const [first = []] = partsOf;
  const sizes = (parts: typeof first) => parts.map(({ channels }) => channels).join();
  const aligned = partsOf.map(
    (parts): BlockedValue =>
      sizes(parts) === sizes(first)
        ? maps(parts)
        : fromPlain(blocks, toPlain(blocks, parts), first),
  );
  return {
    output: aligned.reduce((sum, value) => addValues(blocks, sum, value)),
    lowerGradients: (gradient, { passBack }) => {
      for (const [index, parts] of partsOf.entries()) {
        passBack(index, (known) => {
          const same = sizes(parts) === sizes(first);
          const plain = () => fromPlain(blocks, toPlain(blocks, mapsOf(gradient)), parts);
          return addValues(blocks, known, same ? gradient : plain());
        });
      }
      return [];
    },
  };
}
