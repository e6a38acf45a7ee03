/** The convolutions that the tests compare with plain loops. */

import type { WindowGeometry } from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import type { FilterShape } from '../../../../../../experiment/training/onnx/blocked/layout.ts';
import { randomValues } from './harness.ts';

/** Single precision on sums of a few thousand products. */
export const TOLERANCE = 2e-6;

export interface Case {
  readonly name: string;
  readonly input: readonly [batch: number, channels: number, height: number, width: number];
  readonly outputs: number;
  readonly window: WindowGeometry;
}

export function square(kernel: number, stride: number, pad: number): WindowGeometry {
  const pads = { top: pad, left: pad, bottom: pad, right: pad };
  return { height: kernel, width: kernel, stride, pads };
}

export const uneven: WindowGeometry = {
  height: 3,
  width: 2,
  stride: 1,
  pads: { top: 2, left: 0, bottom: 0, right: 1 },
};

export const CASES: readonly Case[] = [
  { name: '1×1', input: [4, 20, 7, 5], outputs: 24, window: square(1, 1, 0) },
  { name: '3×3', input: [17, 5, 7, 9], outputs: 19, window: square(3, 1, 1) },
  { name: '5×5 on one sample', input: [1, 33, 9, 7], outputs: 6, window: square(5, 1, 1) },
  { name: '3×2, padded unevenly', input: [4, 7, 6, 5], outputs: 70, window: uneven },
  { name: '3×3/2 on even sizes', input: [4, 18, 8, 6], outputs: 20, window: square(3, 2, 1) },
  { name: '3×3/2 on odd sizes', input: [17, 6, 9, 7], outputs: 9, window: square(3, 2, 1) },
  {
    name: '3×3/2 with a row left over',
    input: [4, 6, 8, 9],
    outputs: 17,
    window: square(3, 2, 0),
  },
  { name: '5×5/2', input: [1, 6, 9, 10], outputs: 5, window: square(5, 2, 2) },
  { name: '1×1/2', input: [4, 9, 7, 8], outputs: 21, window: square(1, 2, 0) },
  { name: '2×2/2', input: [4, 9, 7, 8], outputs: 3, window: square(2, 2, 0) },
  {
    name: '3×3/2, padded unevenly and widely',
    input: [4, 3, 7, 6],
    outputs: 5,
    window: { ...square(3, 2, 0), pads: { top: 2, left: 1, bottom: 2, right: 0 } },
  },
];

export function filterOf({ input, outputs, window }: Case, plain = false): FilterShape {
  const { height, width } = window;
  return { outputs, inputs: [input[1]], plain, height, width };
}

export function randomFilter(shape: FilterShape): Float64Array {
  const inputs = shape.inputs.reduce((sum, part) => sum + part, 0);
  return randomValues('filter', shape.outputs * inputs * shape.height * shape.width);
}
