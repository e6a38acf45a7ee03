/**
 * Batch norms, two passes each way: one that takes sums over parts of the positions, one that adds
 * these up and applies them. Sums of squares are about the first value of a part, and parts are
 * joined by their means (Chan, Golub and LeVeque, 1979), so that no digits cancel.
 */

import { STATISTICS_MOMENTUM } from '../../../models/layers.ts';
import type { SgdOptions } from '../../engine.ts';
import { Bindings, type Pass } from '../pass.ts';
import { positionsOf, type Store, type View } from '../tensors.ts';
import { emitOutput, type Output, stepAt, type Trained } from './epilogue.ts';
import { address, float } from './text.ts';

const THREADS = 256;
/** Vectors of four channels that a workgroup has: 128 bytes side by side. */
const QUADS = 8;
const LINES = THREADS / QUADS;

/** Memory of one batch norm. */
export interface BatchNormStores {
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

const OWN_ROWS = `let begin = min(rows, group.y * share); let end = min(rows, begin + share);`;

/** Adds up what the threads of the same channels have, in a fixed order; all then have the sum. */
function total(value: string): string {
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

function partsPass(
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

/** Forward in training, first pass: mean and sum of squared deviations of each part. */
export function batchStatisticsPass(of: BatchNormOf): Pass {
  const { label, input, stores } = of;
  const bindings = new Bindings();
  const x = bindings.read(input.store);
  const parts = bindings.write(stores.parts);
  const quads = input.channels / 4;
  const body = `${OWN_ROWS}
  var about = vec4<f32>(0.0f); var first = vec4<f32>(0.0f); var second = vec4<f32>(0.0f);
  if (known && begin < end) {
    about = ${x}[${address(input, 'begin', 'quad')}];
    for (var row = begin + line; row < end; row += ${LINES}u) {
      let d = ${x}[${address(input, 'row', 'quad')}] - about;
      first += d; second += d * d;
    }
  }
  ${total('first')}
  ${total('second')}
  if (line == 0u && known) {
    let mean = first / max(1.0f, f32(end - begin));
    ${parts}[group.y * ${2 * quads}u + quad] = about + mean;
    ${parts}[group.y * ${2 * quads}u + ${quads}u + quad] = second - first * mean;
  }`;
  return partsPass(of, `${label} statistics`, bindings, body, 1);
}

/** Forward in training, second pass: joins the parts, moves the running statistics, applies. */
export function normalizePass(of: BatchNormOf, output: View): Pass {
  const { label, input, stores, eps, relu, parts: count } = of;
  const bindings = new Bindings();
  const x = bindings.read(input.store);
  const parts = bindings.read(stores.parts);
  const scales = bindings.read(stores.scales.weights);
  const running = bindings.write(stores.running);
  const saved = bindings.write(stores.saved);
  const emit = emitOutput(bindings, { out: output, relu });
  const quads = input.channels / 4;
  const kept = float(1 - STATISTICS_MOMENTUM);
  const body = `${OWN_ROWS}
  var mean = vec4<f32>(0.0f); var squares = vec4<f32>(0.0f);
  if (known) {
    for (var p = line; p < ${count}u; p += ${LINES}u) {
      let size = f32(min(rows, p * share + share) - min(rows, p * share));
      mean += size * ${parts}[p * ${2 * quads}u + quad];
    }
  }
  ${total('mean')}
  mean = mean / f32(rows);
  if (known) {
    for (var p = line; p < ${count}u; p += ${LINES}u) {
      let size = f32(min(rows, p * share + share) - min(rows, p * share));
      let d = ${parts}[p * ${2 * quads}u + quad] - mean;
      if (size > 0.0f) { squares += ${parts}[p * ${2 * quads}u + ${quads}u + quad] + size * d * d; }
    }
  }
  ${total('squares')}
  if (!known) { return; }
  let inverse = 1.0f / sqrt(squares / f32(rows) + ${float(eps)});
  let a = ${scales}[quad] * inverse;
  let b = ${scales}[${quads}u + quad] - mean * a;
  if (group.y == 0u && line == 0u) {
    let unbiased = squares / max(1.0f, f32(rows) - 1.0f);
    ${running}[quad] = ${kept} * ${running}[quad] + ${float(STATISTICS_MOMENTUM)} * mean;
    ${running}[${quads}u + quad] = ${kept} * ${running}[${quads}u + quad] + ${float(STATISTICS_MOMENTUM)} * unbiased;
    ${saved}[quad] = mean; ${saved}[${quads}u + quad] = inverse;
    ${saved}[${2 * quads}u + quad] = a; ${saved}[${3 * quads}u + quad] = b;
  }
  for (var row = begin + line; row < end; row += ${LINES}u) {
    let y = ${x}[${address(input, 'row', 'quad')}] * a + b;
    ${emit('row', 'quad', 'y')}
  }`;
  return partsPass(of, `${label} apply`, bindings, body, 2);
}

/** Forward in evaluation: the running statistics, applied. */
export function normalizeByRunningPass(of: BatchNormOf, output: View): Pass {
  const { label, input, stores, eps, relu } = of;
  const bindings = new Bindings();
  const x = bindings.read(input.store);
  const scales = bindings.read(stores.scales.weights);
  const running = bindings.read(stores.running);
  const emit = emitOutput(bindings, { out: output, relu });
  const quads = input.channels / 4;
  const body = `${OWN_ROWS}
  if (!known) { return; }
  let a = ${scales}[quad] / sqrt(${running}[${quads}u + quad] + ${float(eps)});
  let b = ${scales}[${quads}u + quad] - ${running}[quad] * a;
  for (var row = begin + line; row < end; row += ${LINES}u) {
    let y = ${x}[${address(input, 'row', 'quad')}] * a + b;
    ${emit('row', 'quad', 'y')}
  }`;
  const pass = partsPass(of, `${label} evaluate`, bindings, body, 2);
  return { ...pass, code: pass.code.replace(/var<workgroup>.*\n/, '') };
}

/** The gradient of the output where the ReLU after it, if there is one, was not at zero. */
function gradientAt({ relu }: BatchNormOf, g: string, gradient: View): string {
  return `var dy = ${g}[${address(gradient, 'row', 'quad')}];
      ${relu ? 'dy = select(vec4<f32>(0.0f), dy, x * a + b > vec4<f32>(0.0f));' : ''}
      let normal = (x - mean) * inverse;`;
}

function readSaved(saved: string, quads: number): string {
  return `var mean = vec4<f32>(0.0f); var inverse = mean; var a = mean; var b = mean;
  if (known) {
    mean = ${saved}[quad]; inverse = ${saved}[${quads}u + quad];
    a = ${saved}[${2 * quads}u + quad]; b = ${saved}[${3 * quads}u + quad];
  }`;
}

/** Backward, first pass: sums of the gradient, and of it times the normalised values, of each part. */
export function gradientSumsPass(of: BatchNormOf, gradient: View): Pass {
  const { label, input, stores } = of;
  const bindings = new Bindings();
  const values = bindings.read(input.store);
  const g = bindings.read(gradient.store);
  const saved = bindings.read(stores.saved);
  const parts = bindings.write(stores.parts);
  const quads = input.channels / 4;
  const body = `${OWN_ROWS}
  ${readSaved(saved, quads)}
  var shift = vec4<f32>(0.0f); var scale = vec4<f32>(0.0f);
  if (known) {
    for (var row = begin + line; row < end; row += ${LINES}u) {
      let x = ${values}[${address(input, 'row', 'quad')}];
      ${gradientAt(of, g, gradient)}
      shift += dy; scale += dy * normal;
    }
  }
  ${total('shift')}
  ${total('scale')}
  if (line == 0u && known) {
    ${parts}[group.y * ${2 * quads}u + quad] = shift;
    ${parts}[group.y * ${2 * quads}u + ${quads}u + quad] = scale;
  }`;
  return partsPass(of, `${label} gradient sums`, bindings, body, 2);
}

/** Backward, second pass: the gradient of the input, where it is wanted, and a step of scale and shift. */
export function normalizeGradientPass(
  of: BatchNormOf,
  gradient: View,
  output: Output | null,
  sgd: SgdOptions,
): Pass {
  const { label, input, stores, parts: count } = of;
  const bindings = new Bindings();
  const values = bindings.read(input.store);
  const g = bindings.read(gradient.store);
  const saved = bindings.read(stores.saved);
  const parts = bindings.read(stores.parts);
  const w = bindings.write(stores.scales.weights);
  const v = bindings.write(stores.scales.velocities);
  const emit = output === null ? null : emitOutput(bindings, output);
  const quads = input.channels / 4;
  const body = `${OWN_ROWS}
  ${readSaved(saved, quads)}
  var shift = vec4<f32>(0.0f); var scale = vec4<f32>(0.0f);
  if (known) {
    for (var p = line; p < ${count}u; p += ${LINES}u) {
      shift += ${parts}[p * ${2 * quads}u + quad];
      scale += ${parts}[p * ${2 * quads}u + ${quads}u + quad];
    }
  }
  ${total('shift')}
  ${total('scale')}
  if (!known) { return; }
  if (group.y == 0u && line == 0u) {
    ${stepAt(w, v, 'quad', 'scale', sgd)}
    ${stepAt(w, v, `quad + ${quads}u`, 'shift', sgd)}
  }
  ${
    emit === null
      ? ''
      : `let m1 = shift / f32(rows); let m2 = scale / f32(rows);
  for (var row = begin + line; row < end; row += ${LINES}u) {
    let x = ${values}[${address(input, 'row', 'quad')}];
    ${gradientAt(of, g, gradient)}
    let dx = a * (dy - m1 - normal * m2);
    ${emit('row', 'quad', 'dx')}
  }`
  }`;
  return partsPass(of, `${label} gradient`, bindings, body, 3);
}
