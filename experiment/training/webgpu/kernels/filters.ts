/** The right factors of convolutions' products: filters, and gradients of outputs. */

import { storeTurned, turned } from './blocks.ts';
import type { Factor } from './product.ts';
import { repeat } from './text.ts';
import { type Tile, threadsOf } from './tile.ts';

const QUAD = 4;

/** The right factor whose columns lie side by side: `at` is the place of line `k`, in vectors of four. */
export function lyingColumns(
  tile: Tile,
  columns: number,
  name: string,
  at: (k: string) => string,
): Factor {
  const threads = threadsOf(tile);
  const wide = tile.columns / QUAD;
  const count = wide * tile.inner;
  const each = Math.ceil(count / threads);
  const whole = count % threads === 0;
  const guard = (i: number): string => (whole ? 'true' : `t + ${i * threads}u < ${count}u`);
  return {
    setUp: repeat(
      each,
      (i) => `
  let r${i}n = (t + ${i * threads}u) % ${wide}u;
  let r${i}k = (t + ${i * threads}u) / ${wide}u;
  var s${i} = vec4<f32>(0.0f);`,
    ),
    load: repeat(
      each,
      (i) => `{
    let k = k0 + r${i}k; let quad = firstQuad + r${i}n;
    s${i} = vec4<f32>(0.0f);
    if (k < end && quad < ${columns / QUAD}u && ${guard(i)}) { s${i} = ${name}[${at('k')} + quad]; }
  }`,
    ),
    store: repeat(each, (i) => `if (${guard(i)}) { right[r${i}k * ${wide}u + r${i}n] = s${i}; }`),
  };
}

/** The right factor of an input's gradient: filters whose columns are input channels, turned in registers. */
export function turnedFilters(
  tile: Tile,
  { name, inputs, outputs, kernel, place }: Filters,
): Factor {
  const threads = threadsOf(tile);
  const { each, guard } = turned(tile, tile.columns, threads);
  const innerQuads = tile.inner / QUAD;
  const quads = outputs / QUAD;
  return {
    setUp: repeat(
      each,
      (i) => `
  let r${i}k = (t + ${i * threads}u) % ${innerQuads}u;
  let r${i}n = (t + ${i * threads}u) / ${innerQuads}u;
  ${repeat(QUAD, (r) => `var s${i}_${r} = vec4<f32>(0.0f);`)}`,
    ),
    load: repeat(
      each,
      (i) => `{
    let q = k0 / 4u + r${i}k;
    let tap = q / ${quads}u; let c = q % ${quads}u;
    ${place}
    let line = (v * ${kernel}u + u) * ${inputs}u + (firstQuad + r${i}n) * 4u;
    let known = q * 4u < end && firstQuad + r${i}n < ${inputs / QUAD}u && ${guard(i)};
    ${repeat(QUAD, (r) => `s${i}_${r} = vec4<f32>(0.0f); if (known) { s${i}_${r} = ${name}[(line + ${r}u) * ${quads}u + c]; }`)}
  }`,
    ),
    store: repeat(
      each,
      (i) => `if (${guard(i)}) {
    ${storeTurned('right', tile.columns / QUAD, `s${i}`, `r${i}n`, `r${i}k`)}
  }`,
    ),
  };
}

/** What {@link turnedFilters} needs. */
export interface Filters {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  /** WGSL that sets the line `v` and the column `u` in the kernel of place `tap`. */
  readonly place: string;
}
