/**
 * Max-pooling, forward and backward. It is done for rows and columns in turn, which gives the same
 * maxima, and the same first one among equals in the order of rows, then columns (PyTorch's choice):
 * the first row with the maximum is taken, and in it the first column.
 */

import {
  type Activation,
  type Blocks,
  blockedNode,
  integers,
  padAxis,
  view,
  type WindowGeometry,
} from './blocks.ts';
import { interleaveAxis } from './phases.ts';
import { STEEP } from './relu.ts';

export interface Pooled {
  readonly output: Activation;
  /** The maxima of rows: what the backward pass needs beside input and output. */
  readonly rows: Activation;
}

/** Max-pools with a window; outside of the image there is nothing. */
export function maxPoolForward(blocks: Blocks, input: Activation, window: WindowGeometry): Pooled {
  const rows = pool(blocks, input, alongColumns(window));
  return { rows, output: pool(blocks, rows, alongRows(window)) };
}

/** The gradient for the input of {@link maxPoolForward}: each goes to the first maximum of its window. */
export function maxPoolGradient(
  blocks: Blocks,
  input: Activation,
  { rows, output }: Pooled,
  gradient: Activation,
  window: WindowGeometry,
): Activation {
  const ofRows = spread(blocks, rows, output, gradient, alongRows(window));
  return spread(blocks, input, rows, ofRows, alongColumns(window));
}

/** A window of one row, or of one column. */
interface Line {
  readonly axis: 'height' | 'width';
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

function alongColumns({ width, stride, pads }: WindowGeometry): Line {
  return { axis: 'width', size: width, stride, before: pads.left, after: pads.right };
}

function alongRows({ height, stride, pads }: WindowGeometry): Line {
  return { axis: 'height', size: height, stride, before: pads.top, after: pads.bottom };
}

function geometry({ axis, size, stride, before, after }: Line) {
  const place = (value: number, other: number): readonly [number, number] =>
    axis === 'height' ? [value, other] : [other, value];
  return {
    kernel_shape: integers(...place(size, 1)),
    strides: integers(...place(stride, 1)),
    dilations: integers(1, 1),
    pads: integers(...place(before, 0), ...place(after, 0)),
  };
}

function pool(blocks: Blocks, input: Activation, line: Line): Activation {
  const value = blockedNode(blocks, 'MaxPool', [input.value], geometry(line));
  const { size: kernel, stride, before, after } = line;
  const size = Math.floor((input[line.axis] + before + after - kernel) / stride) + 1;
  return { ...input, value, [line.axis]: size };
}

/** Brings the gradient of maxima along a line back to where the first of each came from. */
function spread(
  blocks: Blocks,
  input: Activation,
  maxima: Activation,
  gradient: Activation,
  line: Line,
): Activation {
  const { stride, axis } = line;
  const inner = (axis === 'height' ? input.width : 1) * blocks.block;
  const outer =
    (input.batch * input.channels * (axis === 'height' ? 1 : input.height)) / blocks.block;
  const [size, outputs] = [input[axis], maxima[axis]];
  const length = Math.ceil(size / stride);
  const shares = shareOut(blocks, input, maxima, gradient, line);
  const phases = Array.from({ length: stride }, (_, phase) => {
    let total: string | undefined;
    for (const [tap, share] of shares.entries()) {
      // Tap t of output i lies at stride·i + t − before = phase + stride·(i + shift).
      const shift = (tap - line.before - phase) / stride;
      if (!Number.isInteger(shift)) continue;
      const shape = [outer, outputs, inner] as const;
      const placed = padAxis(blocks, share, shape, shift, length - shift - outputs);
      const seen = view(blocks, placed, [outer, length, inner]);
      total = total === undefined ? seen : blocks.graph.node('Add', [total, seen]);
    }
    return total;
  });
  const value = interleaveAxis(blocks, phases, [outer, length, inner], size);
  const { batch, channels, height, width } = input;
  return { ...input, value: view(blocks, value, [batch, channels, height, width]) };
}

/**
 * The gradient's share of each tap of the window: all of it where that tap is the first maximum, else
 * none. What no tap before the last has taken is the last one's.
 */
function shareOut(
  blocks: Blocks,
  input: Activation,
  maxima: Activation,
  gradient: Activation,
  line: Line,
): readonly string[] {
  const { graph } = blocks;
  const negative = graph.node('Neg', [maxima.value]);
  const shares: string[] = [];
  let rest = gradient.value;
  for (let tap = 0; tap < line.size - 1; tap += 1) {
    const isMaximum = compareTap(blocks, input, maxima, negative, line, tap);
    const share = graph.node('Mul', [rest, isMaximum]);
    rest = graph.node('Sub', [rest, share]);
    shares.push(share);
  }
  return [...shares, rest];
}

/**
 * 1 where this tap of the window equals the maximum, else 0: a depthwise convolution takes the tap and
 * subtracts the maximum, and the hard sigmoid gives 1 for 0 and 0 for what is below. Taps that lie in
 * the padding would be taken for zeros, so they are masked.
 */
function compareTap(
  blocks: Blocks,
  input: Activation,
  maxima: Activation,
  negativeMaxima: string,
  line: Line,
  tap: number,
): string {
  const { graph, block } = blocks;
  const { channels } = input;
  const oneHot = new Float32Array(channels * line.size);
  for (let at = 0; at < oneHot.length; at += 1) {
    oneHot[at] = Math.floor(at / block) % line.size === tap ? 1 : 0;
  }
  const filter = graph.floats(oneHot, [
    channels,
    1,
    line.axis === 'height' ? line.size : 1,
    line.axis === 'width' ? line.size : 1,
  ]);
  const compared = blockedNode(blocks, 'Conv', [input.value, filter, '', negativeMaxima], {
    ...geometry(line),
    group: { int: channels },
    activation: { string: 'HardSigmoid' },
    activation_params: { floats: [STEEP, 1] },
  });
  const inside = Array.from({ length: maxima[line.axis] }, (_, output) => {
    const position = line.stride * output + tap - line.before;
    return position >= 0 && position < input[line.axis] ? 1 : 0;
  });
  if (!inside.includes(0)) return compared;
  const inner = line.axis === 'height' ? maxima.width * block : block;
  const mask = graph.floats(
    inside.flatMap((value) => Array.from({ length: inner }, () => value)),
    [inside.length * inner],
  );
  const seen = view(blocks, compared, [-1, inside.length * inner]);
  const masked = graph.node('Mul', [seen, mask]);
  return view(blocks, masked, [maxima.batch, channels, maxima.height, maxima.width]);
}
