/** What the primitives of the blocked layout share: the graph they write to and what they write about. */

import type { GraphBuilder } from '../graph-builder.ts';
import type { OnnxAttribute } from '../model-proto.ts';

/** The domain of onnxruntime's blocked operators: internal to it, so its version is pinned. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Where the primitives append their operators. */
export interface Blocks {
  readonly graph: GraphBuilder;
  /** Channels in a block, as the self-test found it. */
  readonly block: number;
}

/** An activation: the ONNX value of shape [batch, channels, height, width] and its sizes. */
export interface Activation {
  readonly value: string;
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /**
   * `blocked`: memory is [batch, channels/B, height, width, B], channels in whole blocks.
   * `plain`: memory is [batch, channels, height, width], with fewer channels than a block (images).
   */
  readonly layout: 'blocked' | 'plain';
}

/** How far something reaches over each edge of an image; negative: how much of it is left out. */
export interface Edges {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export const NO_EDGES: Edges = { top: 0, left: 0, bottom: 0, right: 0 };

/** The geometry of a convolution or pooling. */
export interface WindowGeometry {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly pads: Edges;
}

/** Height and width of what this window gives on an image, rounded down. */
export function windowOutput(
  image: { readonly height: number; readonly width: number },
  { height, width, stride, pads }: WindowGeometry,
): { readonly height: number; readonly width: number } {
  const count = (size: number, kernel: number) => Math.floor((size - kernel) / stride) + 1;
  return {
    height: count(image.height + pads.top + pads.bottom, height),
    width: count(image.width + pads.left + pads.right, width),
  };
}

/** An attribute that is a list of integers. */
export function integers(...values: number[]): OnnxAttribute {
  return { ints: values };
}

/** Appends an operator of the blocked domain. */
export function blockedNode(
  { graph }: Blocks,
  operator: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): string {
  return graph.node(operator, inputs, attributes, BLOCKED_DOMAIN);
}

/** The same memory under another shape. */
export function view({ graph }: Blocks, value: string, shape: readonly number[]): string {
  return graph.reshape(value, shape);
}

/** Permutes the axes of `value`, seen as an array of this shape. */
export function transpose(
  blocks: Blocks,
  value: string,
  shape: readonly number[],
  permutation: readonly number[],
): string {
  const perm = integers(...permutation);
  return blocks.graph.node('Transpose', [view(blocks, value, shape)], { perm });
}

/**
 * Adds zeros before and after the middle axis of `value`, seen as [outer, size, inner], or leaves
 * out what lies there where a count is negative.
 */
export function padAxis(
  blocks: Blocks,
  value: string,
  shape: readonly [outer: number, size: number, inner: number],
  before: number,
  after: number,
): string {
  if (before === 0 && after === 0) return value;
  const [outer, size, inner] = shape;
  if (before >= 0 && after >= 0 && inner % blocks.block === 0) {
    // Each row costs a call: of single blocks the axis itself is taken for the row.
    return inner === blocks.block
      ? padByConvolution(blocks, value, [1, outer, size, inner], [0, before, 0, after])
      : padByConvolution(blocks, value, [outer, size, 1, inner], [before, 0, after, 0]);
  }
  const pads = blocks.graph.int64s([0, before, 0, 0, after, 0]);
  return blocks.graph.node('Pad', [view(blocks, value, shape), pads]);
}

/** Adds rows and columns of zeros around [outer, height, width, inner], or leaves out (negative). */
export function padEdges(
  blocks: Blocks,
  value: string,
  shape: readonly [outer: number, height: number, width: number, inner: number],
  { top, left, bottom, right }: Edges,
): string {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return value;
  const isAdding = Math.min(top, left, bottom, right) >= 0;
  if (isAdding && shape[3] % blocks.block === 0) {
    return padByConvolution(blocks, value, shape, [top, left, bottom, right]);
  }
  const pads = blocks.graph.int64s([0, top, left, 0, 0, bottom, right, 0]);
  return blocks.graph.node('Pad', [view(blocks, value, shape), pads]);
}

/**
 * Pads by a depthwise convolution of 1×1 with ones, which may have padding of any size. It copies by
 * all threads, where `Pad` uses one: InceptionSmall's 21 ms became 13 with two threads on an AMD EPYC.
 */
function padByConvolution(
  blocks: Blocks,
  value: string,
  [outer, height, width, inner]: readonly [number, number, number, number],
  [top, left, bottom, right]: readonly [number, number, number, number],
): string {
  const { graph, block } = blocks;
  const cells = inner / block;
  const ones = graph.floats(new Float32Array(block).fill(1), [block, 1, 1, 1]);
  const seen = view(blocks, value, [outer, block, height, width * cells]);
  return blockedNode(blocks, 'Conv', [seen, ones], {
    kernel_shape: integers(1, 1),
    strides: integers(1, 1),
    dilations: integers(1, 1),
    pads: integers(top, left * cells, bottom, right * cells),
    group: { int: block },
  });
}

/** An activation in blocks under its own shape. */
export function activation(
  blocks: Blocks,
  value: string,
  sizes: Omit<Activation, 'value' | 'layout'>,
): Activation {
  const { batch, channels, height, width } = sizes;
  return {
    batch,
    channels,
    height,
    width,
    value: view(blocks, value, [batch, channels, height, width]),
    layout: 'blocked',
  };
}
