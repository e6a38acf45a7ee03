/** Local response norms, one pass each way, a thread a channel of a position. */

import type { LocalResponseNorm } from '../../../models/layers.ts';
import { Bindings, type Pass } from '../pass.ts';
import { positionsOf, type Store, type View } from '../tensors.ts';
import { float } from './text.ts';
import { passOfThreads } from './threads.ts';

/** One number of a view. */
function at({ stride, offset }: View, channel: string): string {
  return `position * ${stride}u + ${offset}u + ${channel}`;
}

function scalarPass(
  label: string,
  bindings: Bindings,
  over: View,
  body: string,
  touches: number,
): Pass {
  const each = positionsOf(over) * over.channels;
  return passOfThreads({
    label,
    bindings,
    each,
    body: `let position = at / ${over.channels}u;
  let channel = at % ${over.channels}u;
  ${body}`,
    bytes: (batch) => batch * each * 4 * touches,
  });
}

function neighbours({ size }: LocalResponseNorm, channels: number): string {
  const half = (size - 1) / 2;
  return `let first = max(channel, ${half}u) - ${half}u; let last = min(channel + ${half}u, ${channels - 1}u);`;
}

/** Forward; `scales` keeps k + alpha/size · Σ x². */
export function responseNormPass(
  label: string,
  layer: LocalResponseNorm,
  input: View,
  output: View,
  scales: Store,
): Pass {
  const bindings = new Bindings();
  const from = bindings.read(input.store, 'f32');
  const to = bindings.write(output.store, 'f32');
  const kept = bindings.write(scales, 'f32');
  const body = `${neighbours(layer, input.channels)}
  var squares = 0.0f;
  for (var c = first; c <= last; c++) { let x = ${from}[${at(input, 'c')}]; squares += x * x; }
  let scale = ${float(layer.k)} + ${float(layer.alpha / layer.size)} * squares;
  ${kept}[at] = scale;
  ${to}[${at(output, 'channel')}] = ${from}[${at(input, 'channel')}] * pow(scale, ${float(-layer.beta)});`;
  return scalarPass(`${label} forward`, bindings, input, body, 3);
}

/** What the gradient of a response norm is made of. */
export interface ResponseNormGradient {
  readonly layer: LocalResponseNorm;
  readonly input: View;
  readonly gradient: View;
  readonly scales: Store;
  readonly out: View;
  readonly addend?: View | undefined;
  readonly mask?: View | undefined;
}

/** The gradient of a response norm's input. */
export function responseNormGradientPass(label: string, of: ResponseNormGradient): Pass {
  const { layer, input, gradient, scales, out, addend, mask } = of;
  const bindings = new Bindings();
  const x = bindings.read(input.store, 'f32');
  const g = bindings.read(gradient.store, 'f32');
  const s = bindings.read(scales, 'f32');
  const to = bindings.write(out.store, 'f32');
  const more = addend && bindings.read(addend.store, 'f32');
  const masks = mask && bindings.read(mask.store, 'f32');
  const factor = (2 * layer.alpha * layer.beta) / layer.size;
  const body = `${neighbours(layer, input.channels)}
  let line = position * ${input.channels}u;
  var sum = 0.0f;
  for (var c = first; c <= last; c++) {
    sum += ${g}[${at(gradient, 'c')}] * ${x}[${at(input, 'c')}] * pow(${s}[line + c], ${float(-layer.beta - 1)});
  }
  var value = ${g}[${at(gradient, 'channel')}] * pow(${s}[at], ${float(-layer.beta)}) - ${float(factor)} * ${x}[${at(input, 'channel')}] * sum;
  ${addend ? `value += ${more}[${at(addend, 'channel')}];` : ''}
  ${mask ? `if (!(${masks}[${at(mask, 'channel')}] > 0.0f)) { value = 0.0f; }` : ''}
  ${to}[${at(out, 'channel')}] = value;`;
  return scalarPass(`${label} gradient`, bindings, input, body, 4);
}
