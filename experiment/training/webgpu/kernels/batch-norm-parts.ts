/**
 * What the passes of batch norms have in common: a workgroup has some channels and a part of the
 * positions, and sums over either come about in a fixed order.
 */

import type { Bindings, Pass } from '../pass.ts';
import { positionsOf, type Store, type View } from '../tensors.ts';
import type { Trained } from './epilogue.ts';

const THREADS = 256;
/** Vectors of four channels that a workgroup has: 128 bytes side by side. */
const QUADS = 8;
/** Positions that a workgroup works on at a time. */
export const LINES = THREADS / QUADS;

/** Memory of one batch norm. */
interface BatchNormStores {
  /** Scale, then shift, and their velocities. */
  readonly scales: Trained;
  /** Running mean, then variance. */
  readonly running: Store;
  /** Of the batch: mean, 1/deviation, and what x is multiplied by and what is added. */
  readonly saved: Store;
  /** Sums of parts: two numbers a channel and part. */
  readonly parts: Store;
}

/** One batch norm in its place. */
export interface BatchNormOf {
  readonly label: string;
  readonly eps: number;
  readonly input: View;
  readonly stores: BatchNormStores;
  readonly relu: boolean;
  /** Parts of the positions, the same number for any batch. */
  readonly parts: number;
}

/** Numbers of a `saved` store. */
export function savedNumbers({ channels }: View): number {
  return 4 * channels;
}

/** How many parts the positions of a batch are taken in, about so many rows in each. */
export function countParts(input: View, batch: number, processors: number): number {
  const rows = positionsOf(input) * batch;
  const across = Math.ceil(input.channels / (4 * QUADS));
  const wanted = Math.ceil((processors * 4) / across);
  return Math.max(1, Math.min(wanted, 256, Math.ceil(rows / (LINES * 4))));
}

/** The part of a kernel that gives each thread its channels and its rows. */
function place({ input, parts }: BatchNormOf): string {
  const quads = input.channels / 4;
  return `let lane = t % ${QUADS}u; let line = t / ${QUADS}u;
  let quad = group.x * ${QUADS}u + lane;
  let known = quad < ${quads}u;
  let rows = step.batch * ${positionsOf(input)}u;
  let share = (rows + ${parts - 1}u) / ${parts}u;`;
}

/** WGSL: the positions of a workgroup. */
export const OWN_ROWS = `let begin = min(rows, group.y * share); let end = min(rows, begin + share);`;

/** Adds up what the threads of the same channels have, in a fixed order; all then have the sum. */
export function total(value: string): string {
  return `
  workgroupBarrier();
  sums[t] = ${value};
  workgroupBarrier();
  for (var half = ${LINES / 2}u; half > 0u; half = half / 2u) {
    if (line < half) { sums[t] += sums[t + half * ${QUADS}u]; }
    workgroupBarrier();
  }
  ${value} = sums[lane];`;
}

/** A pass over parts of the positions of a batch norm's input, `reads` numbers each. */
export function partsPass(
  of: BatchNormOf,
  label: string,
  bindings: Bindings,
  body: string,
  reads: number,
): Pass {
  const { input, parts } = of;
  const across = Math.ceil(input.channels / (4 * QUADS));
  const code = `${bindings.code}
var<workgroup> sums: array<vec4<f32>, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  ${place(of)}
  ${body}
}
`;
  const bytes = (batch: number): number => batch * positionsOf(input) * input.channels * 4 * reads;
  return { label, code, bindings: bindings.list, grid: () => [across, parts, 1], flops: 0, bytes };
}
