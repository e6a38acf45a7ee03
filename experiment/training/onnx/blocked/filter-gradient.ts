/**
 * The gradient of a convolution's filter, itself as a blocked convolution, with the samples in the
 * place of channels: dW[o, c, i, j] sums x[n, c, s·h+i−p, s·w+j−q] · dY[n, o, h, w] over n, h and w.
 *
 * x is the image and dY the filter. The image is a single one, its columns widened so that a row holds
 * for each column all channels: [1, N, H, W·C], in memory [N/B, H, W, C, B_n]. A filter as high and wide
 * as dY, [C', N, H', W'], in memory [C'/B, N/B, H', W', B_n, B_c], with a dilation of C columns, then
 * gives [1, C', kh, kw·C]: for every shift of the window the products of all channels. The batch is
 * filled up to whole blocks with samples of zeros, which add nothing. The image goes without the channels
 * that only fill a block: at a quarter of InceptionSmall's width they were 28 % of the work.
 *
 * onnxruntime divides a convolution among threads by rows of the output, times groups of four blocks
 * of filters; here often three times one. So each block of samples is a group of its own, whose products are then
 * added up: 24 pieces with a batch of 128. And dY so needs no more than one reordering to be the filter; for groups of
 * several blocks it took a Transpose of six axes, which one thread does alone.
 */

import {
  type Activation,
  type Blocks,
  blockedNode,
  integers,
  NO_EDGES,
  padAxis,
  transpose,
  view,
  type WindowGeometry,
  windowOutput,
} from './blocks.ts';
import { padChannels } from './layout.ts';
import { countSampleBlocks, type Roles } from './roles.ts';
import { countStrips, takeStrips } from './strips.ts';
import type { MapPart } from './values.ts';

/**
 * The gradient of the filter of a convolution of `input` whose output has the gradient `gradient`, in
 * the filter's own memory (see layout.ts).
 */
export function convolveFilterGradient(
  blocks: Blocks,
  roles: Roles,
  input: MapPart,
  gradient: Activation,
  window: WindowGeometry,
): string {
  const { block } = blocks;
  const { activation, channels } = input;
  const products = isPointwise(activation, window)
    ? correlatePositions(
        blocks,
        roles,
        { channels, activation: takePositions(blocks, activation, window) },
        gradient,
      )
    : correlateShifts(blocks, roles, input, gradient, window);
  const outputs = gradient.channels / block;
  const area = window.height * window.width;
  const added = activation.channels - channels;
  const filled = padAxis(blocks, products, [outputs * area, channels, block], 0, added);
  if (area === 1) return filled;
  // Of plain images the input channels are single, not in blocks.
  const inner = activation.layout === 'blocked' ? block : 1;
  const shape = [outputs, area, activation.channels / inner, inner * block];
  return transpose(blocks, filled, shape, [0, 2, 1, 3]);
}

function isPointwise({ layout }: Activation, { height, width, stride, pads }: WindowGeometry) {
  const edges = [pads.top, pads.left, pads.bottom, pads.right];
  const isDense = stride === 1 || layout === 'blocked';
  return height === 1 && width === 1 && isDense && edges.every((edge) => edge === 0);
}

/** The positions that a kernel of 1×1 reads, by a depthwise convolution with ones. */
function takePositions(blocks: Blocks, input: Activation, window: WindowGeometry): Activation {
  if (window.stride === 1) return input;
  const { graph } = blocks;
  const { channels } = input;
  const ones = graph.floats(new Float32Array(channels).fill(1), [channels, 1, 1, 1]);
  const value = blockedNode(blocks, 'Conv', [input.value, ones], {
    kernel_shape: integers(1, 1),
    strides: integers(window.stride, window.stride),
    dilations: integers(1, 1),
    pads: integers(0, 0, 0, 0),
    group: { int: channels },
  });
  return { ...input, ...windowOutput(input, window), value };
}

/**
 * Of a kernel of 1×1 there is one shift, so samples and positions are alike: all are channels of a
 * pointwise convolution, of which onnxruntime keeps 128 at a time near the processor. Memory of the
 * result: [C_out/B, 1, C_in, B_out].
 */
function correlatePositions(
  blocks: Blocks,
  roles: Roles,
  { activation: input, channels }: MapPart,
  gradient: Activation,
): string {
  const groups = countSampleBlocks(gradient.batch, blocks.block);
  const terms = padChannels(gradient.batch, blocks.block) * gradient.height * gradient.width;
  const image = {
    value: roles.image(input, channels, NO_EDGES),
    shape: [1, terms, channels, 1],
  };
  const shape = [groups * gradient.channels, terms / groups, 1, 1];
  return convolveGroups(blocks, groups, image, { value: roles.filter(gradient), shape }, [1, 1]);
}

/** Memory of the result: [C_out/B, kh·kw, C_in, B_out]. */
function correlateShifts(
  blocks: Blocks,
  roles: Roles,
  { activation: input, channels }: MapPart,
  gradient: Activation,
  { height, width, stride, pads }: WindowGeometry,
): string {
  const { block } = blocks;
  const reach = (outputs: number, kernel: number) => stride * (outputs - 1) + kernel;
  const rows = reach(gradient.height, height);
  const columns = reach(gradient.width, width);
  const whole = roles.image(input, channels, {
    top: pads.top,
    left: pads.left,
    bottom: rows - input.height - pads.top,
    right: columns - input.width - pads.left,
  });
  const samples = padChannels(gradient.batch, block);
  const strips = roles.inStrips ? countStrips(gradient, block) : 1;
  const stripHeight = gradient.height / strips;
  const stripRows = reach(stripHeight, height);
  const image = takeStrips(blocks, whole, [samples / block, rows, columns * channels * block], {
    strips,
    apart: stride * stripHeight,
    reach: stripRows,
  });
  const groups = countSampleBlocks(gradient.batch, block);
  const terms = samples * strips;
  const shape = [groups * gradient.channels, terms / groups, stripHeight, gradient.width];
  return convolveGroups(
    blocks,
    groups,
    { value: image, shape: [1, terms, stripRows, columns * channels] },
    { value: roles.filter(gradient), shape },
    [stride, stride * channels],
  );
}

interface Operand {
  readonly value: string;
  readonly shape: readonly number[];
}

/** Convolves each group of samples for itself, and adds up what they give. */
function convolveGroups(
  blocks: Blocks,
  groups: number,
  image: Operand,
  filter: Operand,
  dilations: readonly [number, number],
): string {
  const [outputs = 1, , height = 1, width = 1] = filter.shape;
  const products = blockedNode(
    blocks,
    'Conv',
    [view(blocks, image.value, image.shape), view(blocks, filter.value, filter.shape)],
    {
      kernel_shape: integers(height, width),
      strides: integers(1, 1),
      dilations: integers(...dilations),
      pads: integers(0, 0, 0, 0),
      group: { int: groups },
    },
  );
  if (groups === 1) return products;
  const [, , imageHeight = 1, imageWidth = 1] = image.shape;
  const rows = imageHeight - dilations[0] * (height - 1);
  const columns = imageWidth - dilations[1] * (width - 1);
  return addGroups(blocks, products, groups, [(outputs / groups / blocks.block) * rows, columns]);
}

/**
 * The sum of the groups of [groups, rows, columns, B], by a depthwise convolution with ones that reaches over all
 * groups: one pass by all threads.
 */
function addGroups(
  blocks: Blocks,
  products: string,
  groups: number,
  [rows, columns]: readonly [rows: number, columns: number],
): string {
  const { graph, block } = blocks;
  const ones = graph.floats(new Float32Array(block * groups).fill(1), [block, 1, groups, 1]);
  const seen = view(blocks, products, [1, block, groups * rows, columns]);
  return blockedNode(blocks, 'Conv', [seen, ones], {
    kernel_shape: integers(groups, 1),
    strides: integers(1, 1),
    dilations: integers(rows, 1),
    pads: integers(0, 0, 0, 0),
    group: { int: block },
  });
}
