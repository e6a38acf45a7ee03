/** The left factors of convolutions' products: what windows see, found in feature maps where it lies. */

import { positionsOf, type View } from '../tensors.ts';
import { storeTurned, turned } from './blocks.ts';
import type { Factor } from './product.ts';
import { leftPitch } from './product.ts';
import { repeat } from './text.ts';
import { type Tile, threadsOf } from './tile.ts';

/** How often a window moves over a map, and where it begins. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly top: number;
  readonly left: number;
}

/** Positions outside any map, whatever is added to them. */
const NOWHERE = '-1000000';
const QUAD = 4;

/** What the windows of a convolution see: a row an output position, along the inner dimension kernel places and channels. */
export interface Seen {
  readonly map: View;
  readonly name: string;
  /** WGSL: from row `m` within a class to sample `n`, line `y` and column `x`. */
  readonly lines: number;
  readonly columns: number;
  /** First line and column that row (y, x) sees, as expressions of `y` and `x`. */
  readonly firstLine: string;
  readonly firstColumn: string;
  /** Lines and columns go up, or down, with the kernel's places. */
  readonly sign: 1 | -1;
  /** Kernel places a line, as an expression. */
  readonly placesAcross: string;
  /** True where every place of every row lies on the map. */
  readonly inside: boolean;
}

/** The left factor whose rows are what windows see: four rows a thread, turned in registers. */
export function seenRows(tile: Tile, seen: Seen): Factor {
  const threads = threadsOf(tile);
  const { each, guard } = turned(tile, tile.rows, threads);
  const { map, name, lines, columns, sign } = seen;
  const innerQuads = tile.inner / QUAD;
  const step = sign === 1 ? '+' : '-';
  const quads = map.channels / QUAD;
  return {
    setUp: repeat(
      each,
      (i) => `
  let l${i}k = (t + ${i * threads}u) % ${innerQuads}u;
  let l${i}m = (t + ${i * threads}u) / ${innerQuads}u;
  ${repeat(
    QUAD,
    (r) => `
  var l${i}y_${r} = ${NOWHERE}; var l${i}x_${r} = 0; var l${i}b_${r} = 0;
  { let m = firstRow + l${i}m * 4u + ${r}u;
    if (m < rows && ${guard(i)}) {
      let n = m / ${lines * columns}u; let rest = m % ${lines * columns}u;
      let y = i32(rest / ${columns}u); let x = i32(rest % ${columns}u);
      l${i}y_${r} = ${seen.firstLine}; l${i}x_${r} = ${seen.firstColumn};
      l${i}b_${r} = (i32(n) * ${map.height} + l${i}y_${r}) * ${map.width} + l${i}x_${r};
    } }
  var p${i}_${r} = vec4<f32>(0.0f);`,
  )}`,
    ),
    load: repeat(
      each,
      (i) => `{
    let q = k0 / 4u + l${i}k;
    let place = q / ${quads}u; let c = q % ${quads}u;
    let v = i32(place / ${seen.placesAcross}); let u = i32(place % ${seen.placesAcross});
    let known = q * 4u < end;
    ${repeat(QUAD, (r) => {
      const y = `u32(l${i}y_${r} ${step} v) < ${map.height}u`;
      const x = `u32(l${i}x_${r} ${step} u) < ${map.width}u`;
      const on = seen.inside ? `l${i}y_${r} > ${NOWHERE}` : `${y} && ${x}`;
      const at = `u32(l${i}b_${r} ${step} (v * ${map.width} + u)) * ${map.stride / QUAD}u + ${map.offset / QUAD}u + c`;
      return `p${i}_${r} = vec4<f32>(0.0f); if (known && ${on}) { p${i}_${r} = ${name}[${at}]; }`;
    })}
  }`,
    ),
    store: repeat(
      each,
      (i) => `if (${guard(i)}) {
    ${storeTurned('left', leftPitch(tile), `p${i}`, `l${i}m`, `l${i}k`)}
  }`,
    ),
  };
}

/** The left factor whose rows are kernel places and channels, and along the inner dimension positions of the output. */
export function seenColumns(tile: Tile, { map, name, window, outputs, ones }: SeenColumns): Factor {
  const threads = threadsOf(tile);
  const wide = tile.rows / QUAD;
  const count = wide * tile.inner;
  const each = Math.ceil(count / threads);
  const whole = count % threads === 0;
  const guard = (i: number): string => (whole ? 'true' : `t + ${i * threads}u < ${count}u`);
  const quads = map.channels / QUAD;
  const { kernel, stride, top, left } = window;
  const rows = kernel * kernel * quads;
  return {
    setUp: repeat(
      each,
      (i) => `
  let l${i}m = (t + ${i * threads}u) % ${wide}u;
  let l${i}k = (t + ${i * threads}u) / ${wide}u;
  let l${i}q = firstRow / 4u + l${i}m;
  let l${i}c = l${i}q % ${quads}u;
  let l${i}y = i32(l${i}q / ${quads * kernel}u) - ${top};
  let l${i}x = i32(l${i}q / ${quads}u % ${kernel}u) - ${left};
  var p${i} = vec4<f32>(0.0f);`,
    ),
    load: repeat(
      each,
      (i) => `{
    let k = k0 + l${i}k;
    p${i} = vec4<f32>(0.0f);
    if (k < end && ${guard(i)}) {
      if (l${i}q < ${rows}u) {
        let n = k / ${positionsOf(outputs)}u; let rest = k % ${positionsOf(outputs)}u;
        let y = i32(rest / ${outputs.width}u) * ${stride} + l${i}y;
        let x = i32(rest % ${outputs.width}u) * ${stride} + l${i}x;
        if (u32(y) < ${map.height}u && u32(x) < ${map.width}u) {
          p${i} = ${name}[((n * ${map.height}u + u32(y)) * ${map.width}u + u32(x)) * ${map.stride / QUAD}u + ${map.offset / QUAD}u + l${i}c];
        }
      }${ones ? ` else if (l${i}q == ${rows}u) { p${i}.x = 1.0f; }` : ''}
    }
  }`,
    ),
    store: repeat(
      each,
      (i) => `if (${guard(i)}) { left[l${i}k * ${leftPitch(tile)}u + l${i}m] = p${i}; }`,
    ),
  };
}

/** What {@link seenColumns} needs. */
export interface SeenColumns {
  readonly map: View;
  readonly name: string;
  readonly window: Window;
  readonly outputs: View;
  /** True where one row more is of ones: for the gradient of a bias. */
  readonly ones: boolean;
}
