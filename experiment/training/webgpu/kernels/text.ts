/** Small pieces of WGSL. */

import type { View } from '../tensors.ts';

/** What `write` gives for 0 … count − 1, a line each. */
export function repeat(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join('\n');
}

/** Where in its memory, counted in vectors of four, a view has these channels of a position. */
export function address({ stride, offset }: View, position: string, quad: string): string {
  const from = offset === 0 ? '' : ` + ${offset / 4}u`;
  return `(${position}) * ${stride / 4}u${from} + ${quad}`;
}

/** A number as WGSL writes it. */
export function float(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** What a kernel does with four channels of a position; `value` is a name. */
export type EmitQuad = (position: string, quad: string, value: string) => string;
