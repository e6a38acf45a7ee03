/** Batch norms, backward: a pass that takes sums over parts of the positions, and one that applies them. */

import type { SgdOptions } from '../../engine.ts';
import { Bindings, type Pass } from '../pass.ts';
import type { View } from '../tensors.ts';
import { type BatchNormOf, LINES, OWN_ROWS, partsPass, total } from './batch-norm-parts.ts';
import { emitOutput, type KernelOutput, stepAt } from './epilogue.ts';
import { address } from './text.ts';

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
  output: KernelOutput | null,
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
