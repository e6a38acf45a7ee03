/** How TensorFlow.js is told the padding of a window. */

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Conv, MaxPool, Padding } from '../../../models/layers.ts';
import { inputShapeOf, type Placed } from '../../../models/model.ts';
import { mapOf } from '../../../models/shapes.ts';
import type { TensorFlow } from '../load.ts';

const NONE: Padding = [0, 0, 0, 0];

/**
 * The operators know two paddings, not one for each side: `same`, which is ours for most layers, and
 * none (`valid`). For all others the input is framed first.
 */
export interface FramedWindow {
  readonly attributes: {
    readonly strides: number;
    readonly dilations: 1;
    readonly pad: 'same' | 'valid';
    readonly dataFormat: 'NHWC';
  };
  /** Rows and columns to put around the input: [top, left, bottom, right]. */
  readonly frame: Padding;
  /** What `same` puts around it besides. */
  readonly same: Padding;
}

/** The window of a layer. */
export function windowOf(placed: Placed<Conv | MaxPool>): FramedWindow {
  const { kernel, stride, padding } = placed.layer;
  const [, height, width] = mapOf(placed.layer, inputShapeOf(placed));
  const isNone = padding.every((side) => side === 0);
  const [top, bottom] = sidesOfSame(height, kernel, stride);
  const [left, right] = sidesOfSame(width, kernel, stride);
  const isSame = !isNone && padding.join() === [top, left, bottom, right].join();
  return {
    attributes: {
      strides: stride,
      dilations: 1,
      pad: isSame ? 'same' : 'valid',
      dataFormat: 'NHWC',
    },
    frame: isSame ? NONE : padding,
    same: isSame ? padding : NONE,
  };
}

/** What TensorFlow's padding `SAME` puts before and after. */
function sidesOfSame(size: number, kernel: number, stride: number): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The map [N, H, W, C] within its frame of this value. */
export function addFrame(tf: TensorFlow, map: Tensor, frame: Padding, value: number): Tensor {
  const [top, left, bottom, right] = frame;
  if (!hasFrame(frame)) return map;
  const sides: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return tf.pad(map, sides, value);
}

/** The gradient of {@link addFrame}: the map without its frame. */
export function removeFrame(tf: TensorFlow, framed: Tensor, frame: Padding): Tensor {
  if (!hasFrame(frame)) return framed;
  const [top, left, bottom, right] = frame;
  const [batch, height, width, channels] = (framed as Tensor4D).shape;
  const sizes = [batch, height - top - bottom, width - left - right, channels];
  return tf.slice(framed, [0, top, left, 0], sizes);
}

/** True where {@link addFrame} makes a tensor of its own. */
export function hasFrame(frame: Padding): boolean {
  return frame.some((side) => side > 0);
}

/**
 * Puts the values of each window at its first row and column in a map of this height and width, with
 * zeros between them: [N, rows, columns, C] to [N, height, width, C].
 */
export function spreadWindows(
  tf: TensorFlow,
  gradient: Tensor,
  stride: number,
  [height, width]: readonly [number, number],
): Tensor {
  const [batch = 0, rows = 0, columns = 0, channels = 0] = gradient.shape;
  const kept: [number, number] = [0, 0];
  const gap: [number, number] = [0, stride - 1];
  const apart = tf.pad(tf.reshape(gradient, [batch, rows, 1, columns, 1, channels]), [
    kept,
    kept,
    gap,
    kept,
    gap,
    kept,
  ]);
  const wide = tf.reshape(apart, [batch, rows * stride, columns * stride, channels]);
  const [used, seen] = [Math.min(height, rows * stride), Math.min(width, columns * stride)];
  const cut = tf.slice(wide, [0, 0, 0, 0], [batch, used, seen, channels]);
  return tf.pad(cut, [kept, [0, height - used], [0, width - seen], kept]);
}
