/**
 * Batch norms, forward: two passes: one that takes sums over parts of the positions, one that adds
 * these up and applies them. Sums of squares are about the first value of a part, and parts are
 * joined by their means (Chan, Golub and LeVeque, 1979), so that no digits cancel.
 */

import { STATISTICS_MOMENTUM } from '../../../models/layers.ts';
import { Bindings, type Pass } from '../pass.ts';
import type { View } from '../tensors.ts';
import { type BatchNormOf, LINES, OWN_ROWS, partsPass, total } from './batch-norm-parts.ts';
import { emitOutput } from './epilogue.ts';
import { address, float } from './text.ts';

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
