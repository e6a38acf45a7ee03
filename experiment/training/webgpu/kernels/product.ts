/**
 * A matrix product: factors are brought into a workgroup's memory slice by slice, [inner][rows] and
 * [inner][columns], and each thread adds up its part of the result in registers. How a factor is
 * found in memory, and what happens to the result, is others' business.
 */

import type { Bindings, Grid, Pass } from '../pass.ts';
import type { Store } from '../tensors.ts';
import { type EmitQuad, repeat } from './text.ts';
import { type Cut, type Tile, threadsOf } from './tile.ts';

/** How a factor comes into a workgroup's memory. */
export interface Factor {
  /** Before the first slice. */
  readonly setUp: string;
  /** Takes the slice from `k0` on into registers; zeros beyond the end. */
  readonly load: string;
  /** Puts it from registers into the workgroup's memory. */
  readonly store: string;
}

/** The parts of a product that differ. */
export interface Product {
  readonly label: string;
  readonly cut: Cut;
  readonly bindings: Bindings;
  /** WGSL that sets `rows` and `inner`, and whatever the factors and `positionOf` read. */
  readonly sizes: string;
  /** Rows for so many samples. */
  readonly rows: (batch: number) => number;
  /** Columns, a multiple of 4. */
  readonly columns: number;
  /** Along z besides splits: independent products of equal sizes. */
  readonly classes: number;
  readonly left: Factor;
  readonly right: Factor;
  /** What is made of a row of the result: its position. */
  readonly positionOf: (row: string) => string;
  readonly emit: EmitQuad;
  readonly flops: number;
  readonly bytes: (batch: number) => number;
}

/** How far apart lines of the left factor lie in the workgroup's memory, in vectors of four. */
export function leftPitch({ rows }: Tile): number {
  return rows / 4 + 1;
}

/** The pass that computes a product whose inner dimension is not split, or parts of it. */
export function productPass(product: Product): Pass {
  const { label, cut, bindings, rows, columns, classes, flops, bytes } = product;
  const { tile, splits } = cut;
  const tiles = Math.ceil(columns / tile.columns);
  return {
    label,
    code: writeProduct(product),
    bindings: bindings.list,
    grid: (batch): Grid => [tiles, Math.ceil(rows(batch) / tile.rows), classes * splits],
    flops,
    bytes,
  };
}

function writeProduct(product: Product): string {
  const { cut, bindings, sizes, columns, left, right, positionOf, emit } = product;
  const { tile, splits } = cut;
  const threads = threadsOf(tile);
  const across = tile.columns / tile.threadColumns;
  const down = tile.rows / tile.threadRows;
  const rowQuads = tile.threadRows / 4;
  const columnQuads = tile.threadColumns / 4;
  const lines = ['x', 'y', 'z', 'w'] as const;
  const loads = `${left.load}\n${right.load}`;
  const each = (write: (i: number, r: number, j: number) => string): string =>
    repeat(rowQuads, (i) => repeat(4, (r) => repeat(columnQuads, (j) => write(i, r, j))));
  const chunk =
    splits === 1
      ? 'let begin = 0u; let end = inner;'
      : `let chunk = (inner + ${splits * tile.inner - 1}u) / ${splits * tile.inner}u * ${tile.inner}u;
  let begin = min(inner, (group.z % ${splits}u) * chunk); let end = min(inner, begin + chunk);`;
  return `${bindings.code}
var<workgroup> left: array<vec4<f32>, ${tile.inner * leftPitch(tile)}>;
var<workgroup> right: array<vec4<f32>, ${(tile.inner * tile.columns) / 4}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let part = group.z;
  ${sizes}
  ${chunk}
  let firstRow = group.y * ${tile.rows}u;
  let firstQuad = group.x * ${tile.columns / 4}u;
  let tx = t % ${across}u;
  let ty = t / ${across}u;
  ${each((i, r, j) => `var c${i}${r}${j} = vec4<f32>(0.0f);`)}
  ${left.setUp}
  ${right.setUp}
  var k0 = begin;
  ${loads}
  for (; k0 < end;) {
    ${left.store}
    ${right.store}
    workgroupBarrier();
    k0 += ${tile.inner}u;
    ${loads}
    for (var kk = 0u; kk < ${tile.inner}u; kk += ${UNROLLED}u) {
      ${repeat(
        UNROLLED,
        (k) => `{
        ${repeat(rowQuads, (i) => `let a${i} = left[(kk + ${k}u) * ${leftPitch(tile)}u + ty + ${i * down}u];`)}
        ${repeat(columnQuads, (j) => `let b${j} = right[(kk + ${k}u) * ${tile.columns / 4}u + tx + ${j * across}u];`)}
        ${each((i, r, j) => `c${i}${r}${j} += a${i}.${lines[r]} * b${j};`)}
      }`,
      )}
    }
    workgroupBarrier();
  }
  ${repeat(columnQuads, (j) => `let quad${j} = firstQuad + tx + ${j * across}u;`)}
  ${repeat(rowQuads, (i) =>
    repeat(
      4,
      (r) => `{
    let row = firstRow + (ty + ${i * down}u) * 4u + ${r}u;
    if (row < rows) {
      ${splits === 1 ? `let position = ${positionOf('row')};` : ''}
      ${repeat(columnQuads, (j) => `if (quad${j} < ${columns / 4}u) { ${emit('position', `quad${j}`, `c${i}${r}${j}`)} }`)}
    }
  }`,
    ),
  )}
}
`;
}

/** Writes parts of a split product, [splits][rows][columns]. */
export function emitPart(bindings: Bindings, parts: Store, columns: number): EmitQuad {
  const name = bindings.write(parts);
  return (_, quad, value) => `${name}[(part * rows + row) * ${columns / 4}u + ${quad}] = ${value};`;
}

/** Adds up the parts of a split product. */
export interface Sum {
  readonly label: string;
  readonly bindings: Bindings;
  readonly parts: Store;
  readonly splits: number;
  /** WGSL that sets `rows`. */
  readonly sizes: string;
  readonly rows: (batch: number) => number;
  readonly columns: number;
  readonly emit: EmitQuad;
}

/** Lines of a slice that are written out one after the other. */
const UNROLLED = 4;
const LANES = 8;
const SUM_THREADS = 128;

/** The pass that adds up a split product; where there are many parts, eight threads share the work, in a fixed order. */
export function sumPass({ label, bindings, parts, splits, sizes, rows, columns, emit }: Sum): Pass {
  const name = bindings.read(parts);
  const lanes = splits >= 16 ? LANES : 1;
  const width = SUM_THREADS / lanes;
  const count = (batch: number): number => (rows(batch) * columns) / 4;
  const share = Math.ceil(splits / lanes);
  const gather =
    lanes === 1
      ? ''
      : `
  sums[t] = total;
  workgroupBarrier();
  if (lane == 0u) { for (var other = 1u; other < ${lanes}u; other++) { total += sums[other * ${width}u + place]; } }`;
  const code = `${bindings.code}
${lanes === 1 ? '' : `var<workgroup> sums: array<vec4<f32>, ${SUM_THREADS}>;`}
@compute @workgroup_size(${SUM_THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) t: u32) {
  ${sizes}
  let count = rows * ${columns / 4}u;
  let place = t % ${width}u;
  let lane = t / ${width}u;
  let at = (group.y * groups.x + group.x) * ${width}u + place;
  var total = vec4<f32>(0.0f);
  if (at < count) {
    for (var s = lane * ${share}u; s < min(${splits}u, (lane + 1u) * ${share}u); s++) { total += ${name}[s * count + at]; }
  }${gather}
  if (lane == 0u && at < count) {
    let row = at / ${columns / 4}u;
    let quad = at % ${columns / 4}u;
    ${emit('row', 'quad', 'total')}
  }
}
`;
  return {
    label,
    code,
    bindings: bindings.list,
    grid: (batch) => spread(Math.ceil(count(batch) / width)),
    flops: 0,
    bytes: (batch) => count(batch) * 16 * (splits + 1),
  };
}

/** So many workgroups, in two dimensions where there are more than one takes. */
export function spread(groups: number): Grid {
  const most = 65535;
  if (groups <= most) return [groups, 1, 1];
  const lines = Math.ceil(groups / most);
  return [Math.ceil(groups / lines), lines, 1];
}
