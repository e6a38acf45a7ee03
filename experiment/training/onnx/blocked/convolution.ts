/** The blocked convolution, forward and for the gradient of its input. */

import {
  type Activation,
  type Blocks,
  blockedNode,
  type Edges,
  integers,
  NO_EDGES,
  padEdges,
  transpose,
  view,
  type WindowGeometry,
  windowOutput,
} from './blocks.ts';
import { type Image, interleave, type Phases, phaseTaps } from './phases.ts';

/**
 * Outputs with widths from the first to the second are convolved from an image with the padding of its
 * columns written out. The blocked convolution computes six positions of a row at once, but those that
 * touch its own padding one by one. That of the rows it only leaves out, which written out it would
 * multiply. Measured on one thread, the copy included, with padding of its own, all written out, and
 * only that of the columns: 9 to 12 wide, 5×5 kernel, 87 ms, 101, 74; 12 to 9 wide 62, 57, 55; 7 wide,
 * 3×3, 26.9, 29.8, 26.9, where processors with two units for products gain by six at once; 4 and 14
 * wide, no gain.
 */
const NARROW = [5, 12] as const;

export interface ConvolutionOptions {
  /** [outputs]: added to every position. */
  readonly bias?: string;
  /**
   * Added to the result, before the ReLU: the convolution of a concatenation is a chain of
   * convolutions of its parts, and gradients from several consumers add up the same way.
   */
  readonly sum?: Activation;
  readonly relu?: boolean;
}

/**
 * Convolves (cross-correlates) with a filter of shape [outputs, input.channels, kh, kw], which need not
 * be a constant, under any shape. Filter memory: [outputs/B, channels/B, kh, kw, B_in, B_out], or for plain images
 * [outputs/B, channels, kh, kw, B_out].
 */
export function convolve(
  blocks: Blocks,
  input: Activation,
  filter: { readonly value: string; readonly outputs: number },
  window: WindowGeometry,
  { bias, sum, relu = false }: ConvolutionOptions = {},
): Activation {
  const { height, width } = windowOutput(input, window);
  const isNarrow = width >= NARROW[0] && width <= NARROW[1];
  const isWrittenOut = input.layout === 'blocked' && isNarrow;
  const { top, left, bottom, right } = window.pads;
  const source = isWrittenOut ? extend(blocks, input, { ...NO_EDGES, left, right }) : input;
  const [before, after] = isWrittenOut ? [0, 0] : [left, right];
  const kernelShape = [filter.outputs, input.channels, window.height, window.width];
  const kernels = view(blocks, filter.value, kernelShape);
  const value = blockedNode(
    blocks,
    'Conv',
    withoutTail([source.value, kernels, bias ?? '', sum?.value ?? '']),
    {
      kernel_shape: integers(window.height, window.width),
      strides: integers(window.stride, window.stride),
      dilations: integers(1, 1),
      pads: integers(top, before, bottom, after),
      ...(relu ? { activation: { string: 'Relu' } } : {}),
    },
  );
  const { batch } = input;
  return { value, batch, channels: filter.outputs, height, width, layout: 'blocked' };
}

/**
 * The gradient for the input of {@link convolve}, from that of its output, plus `sum`. The input's rows
 * fall into `stride` phases, and so do its columns; each phase sees only the filter's taps of its own
 * phase, so it is a small convolution of the gradient with those taps, flipped, inputs and outputs
 * exchanged. Together they make exactly the products that the forward pass made. Stride 1 has one phase.
 */
export function convolveInputGradient(
  blocks: Blocks,
  gradient: Activation,
  filter: string,
  input: Image,
  window: WindowGeometry,
  sum?: Activation,
): Activation {
  const exchanged = exchangeChannels(blocks, filter, gradient.channels, input.channels, window);
  const { stride, pads } = window;
  const rows = phaseTaps(input.height, gradient.height, window.height, pads.top, stride);
  const columns = phaseTaps(input.width, gradient.width, window.width, pads.left, stride);
  const chained = stride === 1 && sum !== undefined;
  const phases: Phases = rows.map((row) =>
    columns.map((column) => {
      if (row.taps === 0 || column.taps === 0) return undefined;
      const edges = {
        top: row.before,
        left: column.before,
        bottom: row.after,
        right: column.after,
      };
      const taps = selectTaps(blocks, exchanged, row.last, column.last, stride);
      const cropped = crop(blocks, gradient, edges);
      return convolve(
        blocks,
        cropped,
        { value: taps, outputs: input.channels },
        {
          height: row.taps,
          width: column.taps,
          stride: 1,
          pads: {
            top: Math.max(edges.top, 0),
            left: Math.max(edges.left, 0),
            bottom: Math.max(edges.bottom, 0),
            right: Math.max(edges.right, 0),
          },
        },
        chained ? { sum } : {},
      );
    }),
  );
  const whole = interleave(blocks, phases, input, stride);
  if (sum === undefined || chained) return whole;
  return { ...whole, value: blocks.graph.node('Add', [sum.value, whole.value]) };
}

/**
 * [C_out/B, C_in/B, kh, kw, B_in, B_out] to [C_in/B, C_out/B, kh, kw, B_out, B_in]. Turning the blocks
 * as images, by the operator made for that, and then moving them whole took 0.13 ms for 192 × 192
 * channels and 3×3 taps; one Transpose of six axes 0.74.
 */
function exchangeChannels(
  blocks: Blocks,
  filter: string,
  outputs: number,
  inputs: number,
  { height, width }: WindowGeometry,
): string {
  const { block } = blocks;
  const [rows, columns] = [outputs / block, inputs / block];
  const images = view(blocks, filter, [rows * columns * height * width, block, block, 1]);
  const turned = blockedNode(blocks, 'ReorderInput', [images]);
  const sizes = [columns, rows, height, width, block, block];
  if (rows === 1 || columns === 1) return view(blocks, turned, sizes);
  const shape = [rows, columns, height * width * block * block];
  return view(blocks, transpose(blocks, turned, shape, [1, 0, 2]), sizes);
}

/** Every `stride`-th row and column of the filter's taps, from the last one backwards. */
function selectTaps(
  { graph }: Blocks,
  filter: string,
  lastRow: number,
  lastColumn: number,
  stride: number,
): string {
  if (lastRow === 0 && lastColumn === 0 && stride === 1) return filter;
  return graph.node('Slice', [
    filter,
    graph.int64s([lastRow, lastColumn]),
    graph.int64s([Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
    graph.int64s([2, 3]),
    graph.int64s([-stride, -stride]),
  ]);
}

/** Leaves out what lies beyond negative edges: the blocked convolution takes no negative pads. */
function crop(blocks: Blocks, input: Activation, edges: Edges): Activation {
  return extend(blocks, input, {
    top: Math.min(edges.top, 0),
    left: Math.min(edges.left, 0),
    bottom: Math.min(edges.bottom, 0),
    right: Math.min(edges.right, 0),
  });
}

/** The image with these edges of zeros. */
function extend(blocks: Blocks, input: Activation, edges: Edges): Activation {
  const { batch, channels } = input;
  const outer = (batch * channels) / blocks.block;
  const shape = [outer, input.height, input.width, blocks.block] as const;
  const value = padEdges(blocks, input.value, shape, edges);
  if (value === input.value) return input;
  const height = input.height + edges.top + edges.bottom;
  const width = input.width + edges.left + edges.right;
  return { ...input, height, width, value: view(blocks, value, [batch, channels, height, width]) };
}

function withoutTail(inputs: readonly string[]): readonly string[] {
  return inputs.slice(0, inputs.findLastIndex((input) => input !== '') + 1);
}
