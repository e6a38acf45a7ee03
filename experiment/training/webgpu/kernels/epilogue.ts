/** What is done with a result before it leaves the registers. */

import type { SgdOptions } from '../../engine.ts';
import type { Bindings } from '../pass.ts';
import type { Store, View } from '../tensors.ts';
import { address, type EmitQuad, float } from './text.ts';

/** Where a result goes and what happens to it, in this order. */
export interface KernelOutput {
  readonly out: View;
  /** A row that is added: vectors of four from `at` on. */
  readonly bias?: { readonly store: Store; readonly at: number };
  /** Values that are added; may be `out` itself. */
  readonly addend?: View | undefined;
  /** Where this is not positive, the result is zero. */
  readonly mask?: View | undefined;
  readonly relu?: boolean;
}

/** Writes results to a view. */
export function emitOutput(bindings: Bindings, output: KernelOutput): EmitQuad {
  const { out, bias, addend, mask, relu } = output;
  const target = bindings.write(out.store);
  const biases = bias && bindings.read(bias.store);
  const addends = addend && bindings.read(addend.store);
  const masks = mask && bindings.read(mask.store);
  return (position, quad, value) => {
    let sum = value;
    if (bias) sum += ` + ${biases}[${bias.at}u + ${quad}]`;
    if (addend) sum += ` + ${addends}[${address(addend, position, quad)}]`;
    if (relu) sum = `positive(${sum})`;
    if (mask) {
      const positive = `${masks}[${address(mask, position, quad)}] > vec4<f32>(0.0f)`;
      sum = `select(vec4<f32>(0.0f), ${sum}, ${positive})`;
    }
    return `${target}[${address(out, position, quad)}] = ${sum};`;
  };
}

/** A trained tensor and its velocity. */
export interface Trained {
  readonly weights: Store;
  readonly velocities: Store;
}

/** Takes results as gradients of a matrix of so many columns, and makes a step along them. */
export function emitUpdate(
  bindings: Bindings,
  { weights, velocities }: Trained,
  columns: number,
  sgd: SgdOptions,
): EmitQuad {
  const w = bindings.write(weights);
  const v = bindings.write(velocities);
  return (row, quad, value) => `{
    let at = (${row}) * ${columns / 4}u + ${quad};
    ${stepAt(w, v, 'at', value, sgd)}
  }`;
}

/** One step of SGD with momentum on four weights. */
export function stepAt(
  w: string,
  v: string,
  at: string,
  gradient: string,
  sgd: SgdOptions,
): string {
  const decay = sgd.weightDecay === 0 ? '' : ` + ${float(sgd.weightDecay)} * ${w}[${at}]`;
  return `${v}[${at}] = ${float(sgd.momentum)} * ${v}[${at}] + ${gradient}${decay};
    ${w}[${at}] = ${w}[${at}] - step.learningRate * ${v}[${at}];`;
}
