/** Blocks of four lines by four along the inner dimension, which come from memory lying one way and are needed the other. */

import { repeat } from './text.ts';
import type { Tile } from './tile.ts';

const QUAD = 4;

/** How a part of a factor is divided among threads. */
export interface Turned {
  /** Vectors of four along the inner dimension, each of four rows or columns: blocks in all, a thread. */
  readonly blocks: number;
  readonly each: number;
  readonly guard: (index: number) => string;
}

/** Divides the blocks of so many lines among threads. */
export function turned({ inner }: Tile, lines: number, threads: number): Turned {
  const blocks = (lines * inner) / (QUAD * QUAD);
  const each = Math.ceil(blocks / threads);
  const whole = blocks % threads === 0;
  return { blocks, each, guard: (i) => (whole ? 'true' : `t + ${i * threads}u < ${blocks}u`) };
}

/** Turns four vectors along the inner dimension to four along rows or columns. */
export function storeTurned(
  into: string,
  pitch: number,
  from: string,
  line: string,
  inner: string,
): string {
  return repeat(QUAD, (k) => {
    const part = 'xyzw'[k];
    const values = [0, 1, 2, 3].map((r) => `${from}_${r}.${part}`).join(', ');
    return `${into}[(${inner} * 4u + ${k}u) * ${pitch}u + ${line}] = vec4<f32>(${values});`;
  });
}
