/** Lowers convolution layers in the blocked layout, input part by input part. */

import type { Conv } from '../../../models/layers.ts';
import { inputShapeOf, type Placed } from '../../../models/model.ts';
import { mapOf } from '../../../models/shapes.ts';
import type { NamedValue } from '../layout.ts';
import { type Activation, type Blocks, view, type WindowGeometry } from './blocks.ts';
import { scaleFilter, sumChannels } from './channels.ts';
import { convolve, convolveInputGradient } from './convolution.ts';
import { convolutionWeights } from './convolution-weights.ts';
import { convolveFilterGradient } from './filter-gradient.ts';
import { type FilterShape, padChannels } from './layout.ts';
import { type BlockedPass, edgesOf, type LoweredBlockedLayer } from './lowered-layer.ts';
import { filterShapeOf } from './storage.ts';
import { trimWindow } from './trim-window.ts';
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
  const { blocks, roles, model, fusions } = pass;
  const { layer, output: name } = placed;
  const filter = filterShapeOf(model, placed, layer, blocks.block);
  const whole: WindowGeometry = {
    height: layer.kernel,
    width: layer.kernel,
    stride: layer.stride,
    pads: edgesOf(layer.padding),
  };
  const pool = fusions.pools.get(name);
  const { height, width } = whole;
  const [, rows, columns] = mapOf(layer, inputShapeOf(placed));
  const image = { height: rows, width: columns };
  const window = pool === undefined ? whole : trimWindow(whole, image, pool);
  const weightName = `${layer.name}.weight`;
  const biasName = `${layer.name}.bias`;
  const parts = filter.plain ? mapsOf(input) : inBlocks(blocks, input);
  const { filter: value, ...options } = convolutionWeights(pass, placed, filter);
  const slices = sliceFilter(blocks, value, filter, parts);
  const { channels } = layer;
  const output = convolveParts(blocks, parts, slices, window, { channels, ...options });
  return {
    output: maps([output]),
    lowerGradients: (gradient, { passBack }) => {
      const { activation, scale } = partAt(mapsOf(gradient), 0);
      const scaleSlice = (slice: string, { activation: { channels: inputs } }: MapPart) => {
        const sizes = { outputs: activation.channels, inputs, height, width };
        return scale === undefined ? slice : scaleFilter(blocks, slice, sizes, scale);
      };
      const ofParts = parts.map((part) =>
        scaleSlice(convolveFilterGradient(blocks, roles, part, activation, window), part),
      );
      const weightGradient = joinFilter(blocks, ofParts, filter);
      passBack(0, (known) =>
        mapParts(parts, (x, index) => {
          const sum = known === undefined ? undefined : partAt(mapsOf(known), index).activation;
          const slice = scaleSlice(slices[index] ?? '', partAt(parts, index));
          return convolveInputGradient(blocks, activation, slice, x, window, sum);
        }),
      );
      const gradients: NamedValue[] = [[weightName, weightGradient]];
      if (layer.bias && !pass.cancelled.has(biasName)) {
        gradients.push([biasName, sumChannels(blocks, activation)]);
      }
      return gradients;
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
