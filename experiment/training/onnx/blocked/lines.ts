/** Windows along one axis: pooling does rows and columns in turn. */

import { integers, type WindowGeometry } from './blocks.ts';

/** A window of one row, or of one column. */
export interface Line {
  readonly axis: 'height' | 'width';
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

/** The columns of a window. */
export function alongColumns({ width, stride, pads }: WindowGeometry): Line {
  return { axis: 'width', size: width, stride, before: pads.left, after: pads.right };
}

/** The rows of a window. */
export function alongRows({ height, stride, pads }: WindowGeometry): Line {
  return { axis: 'height', size: height, stride, before: pads.top, after: pads.bottom };
}

/** How many such windows lie in so many values and the padding around them. */
export function countOutputs({ size, stride, before, after }: Line, length: number): number {
  return Math.floor((length + before + after - size) / stride) + 1;
}

/** The attributes of an operator with this window. */
export function windowAlong({ axis, size, stride, before, after }: Line) {
  const place = (value: number, other: number): readonly [number, number] =>
    axis === 'height' ? [value, other] : [other, value];
  return {
    kernel_shape: integers(...place(size, 1)),
    strides: integers(...place(stride, 1)),
    dilations: integers(1, 1),
    pads: integers(...place(before, 0), ...place(after, 0)),
  };
}
