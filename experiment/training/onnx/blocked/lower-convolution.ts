/** Lowers convolution layers in the blocked layout, input part by input part. */

import type { Conv } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { NamedValue } from '../layout.ts';
import { lookUp } from '../layout.ts';
import { addTo, scaled } from '../plain/lowered-layer.ts';
import { type Activation, type Blocks, view, type WindowGeometry } from './blocks.ts';
import { sumChannels } from './channels.ts';
import { convolve, convolveInputGradient } from './convolution.ts';
import { convolveFilterGradient } from './filter-gradient.ts';
import { type FilterShape, padChannels } from './layout.ts';
import { type BlockedPass, edgesOf, type LoweredBlockedLayer } from './lowered-layer.ts';
import { filterShapeOf } from './storage.ts';
import {
  type BlockedValue,
  inBlocks,
  type MapPart,
  mapParts,
  maps,
  mapsOf,
  partAt,
} from './values.ts';

/**
 * Lowers a convolution, with the ReLU that follows it where it is fused.
 *
 * @throws RangeError for an input without parts
 */
export function lowerConvolution(
  pass: BlockedPass,
  placed: Placed<Conv>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { blocks, weights, roles, model, fusions } = pass;
  const { layer, output: name } = placed;
  const filter = filterShapeOf(model, placed, layer, blocks.block);
  const window: WindowGeometry = {
    height: layer.kernel,
    width: layer.kernel,
    stride: layer.stride,
    pads: edgesOf(layer.padding),
  };
  const weightName = `${layer.name}.weight`;
  const biasName = `${layer.name}.bias`;
  const parts = filter.plain ? mapsOf(input) : inBlocks(blocks, input);
  const slices = sliceFilter(blocks, lookUp(weights, weightName), filter, parts);
  const output = convolveParts(blocks, parts, slices, window, {
    channels: layer.channels,
    relu: fusions.rectified.has(name),
    ...(layer.bias ? { bias: lookUp(weights, biasName) } : {}),
  });
  return {
    output: maps([output]),
    lowerGradients: (gradient, { addendOf, passBack }) => {
      const { activation } = partAt(mapsOf(gradient), 0);
      const ofParts = parts.map(({ activation: x }) =>
        convolveFilterGradient(blocks, roles, x, activation, window),
      );
      const weightGradient = joinFilter(blocks, ofParts, filter);
      passBack(0, (known) =>
        mapParts(parts, (x, index) => {
          const sum = known === undefined ? undefined : partAt(mapsOf(known), index).activation;
          const slice = slices[index] ?? '';
          return convolveInputGradient(blocks, activation, slice, x, window, sum);
        }),
      );
      const sums: NamedValue[] = [
        [weightName, addTo(blocks.graph, addendOf(weightName), weightGradient)],
      ];
      if (pass.cancelled.has(biasName)) {
        sums.push([biasName, scaled(blocks.graph, addendOf(biasName))]);
      } else if (layer.bias) {
        const biasGradient = sumChannels(blocks, activation);
        sums.push([biasName, addTo(blocks.graph, addendOf(biasName), biasGradient)]);
      }
      return sums;
    },
  };
}

/** The convolution of a concatenation: the sum of those of its parts. */
function convolveParts(
  blocks: Blocks,
  parts: readonly MapPart[],
  slices: readonly string[],
  window: WindowGeometry,
  {
    channels,
    bias,
    relu,
  }: { readonly channels: number; readonly bias?: string; readonly relu: boolean },
): MapPart {
  const outputs = padChannels(channels, blocks.block);
  let sum: Activation | undefined;
  for (const [index, { activation }] of parts.entries()) {
    const isLast = index === parts.length - 1;
    sum = convolve(blocks, activation, { value: slices[index] ?? '', outputs }, window, {
      ...(sum === undefined ? {} : { sum }),
      ...(isLast && bias !== undefined ? { bias } : {}),
      relu: isLast && relu,
    });
  }
  if (sum === undefined) throw new RangeError('a convolution has no input');
  return { activation: sum, channels };
}

/** The filter of each part: the whole one's blocks of input channels. */
function sliceFilter(
  { graph, block }: Blocks,
  filter: string,
  { outputs }: FilterShape,
  parts: readonly MapPart[],
): readonly string[] {
  if (parts.length === 1) return [filter];
  const rows = padChannels(outputs, block) / block;
  const counts = parts.map(({ activation }) => activation.channels / block);
  const seen = graph.reshape(filter, [rows, sum(counts), -1]);
  const slices = graph.nodes('Split', [seen, graph.int64s(counts)], parts.length, {
    axis: { int: 1 },
  });
  return slices;
}

/** The inverse of {@link sliceFilter}, flat as the filter is stored. */
function joinFilter(blocks: Blocks, slices: readonly string[], { outputs }: FilterShape): string {
  const [first = ''] = slices;
  if (slices.length === 1) return view(blocks, first, [-1]);
  const rows = padChannels(outputs, blocks.block) / blocks.block;
  const seen = slices.map((slice) => view(blocks, slice, [rows, -1]));
  return view(blocks, blocks.graph.node('Concat', seen, { axis: { int: 1 } }), [-1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
