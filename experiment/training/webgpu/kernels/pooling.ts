/** Max-pools, whose gradients go to the first of equal values, and the mean of each channel. */

import type { Padding } from '../../../models/layers.ts';
import { Bindings, type Pass } from '../pass.ts';
import { positionsOf, type Store, type View } from '../tensors.ts';
import { walkPass } from './elementwise.ts';
import { emitOutput, type KernelOutput } from './epilogue.ts';
import { address, float, repeat } from './text.ts';

/** A max-pool's window. */
export interface PoolWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Marks of a max-pool: for each four channels a number whose bytes say which place of the window was chosen. */
export function marksPerSample(output: View): number {
  return (positionsOf(output) * output.channels) / 4;
}

/** The largest value of each window, and where it was. */
export function maxPoolPass(
  label: string,
  { kernel, stride, padding }: PoolWindow,
  input: View,
  output: View,
  marks: Store,
): Pass {
  const bindings = new Bindings();
  const from = bindings.read(input.store);
  const to = bindings.write(output.store);
  const chosen = bindings.write(marks, 'u32');
  const [top, left] = padding;
  const body = `
  let n = position / ${positionsOf(output)}u; let rest = position % ${positionsOf(output)}u;
  let y0 = i32(rest / ${output.width}u) * ${stride} - ${top};
  let x0 = i32(rest % ${output.width}u) * ${stride} - ${left};
  var most = vec4<f32>(0.0f); var place = vec4<u32>(0u); var empty = true;
  for (var v = 0; v < ${kernel}; v++) { for (var u = 0; u < ${kernel}; u++) {
    let y = y0 + v; let x = x0 + u;
    if (u32(y) < ${input.height}u && u32(x) < ${input.width}u) {
      let value = ${from}[${address(input, `(n * ${input.height}u + u32(y)) * ${input.width}u + u32(x)`, 'quad')}];
      let larger = vec4<bool>(empty) | (value > most);
      most = select(most, value, larger);
      place = select(place, vec4<u32>(u32(v * ${kernel} + u)), larger);
      empty = false;
    }
  } }
  ${to}[${address(output, 'position', 'quad')}] = most;
  ${chosen}[at] = place.x | (place.y << 8u) | (place.z << 16u) | (place.w << 24u);`;
  return walkPass({
    label: `${label} forward`,
    bindings,
    over: output,
    body,
    touches: stride * stride + 1.25,
  });
}

/** The gradient of a max-pool's input: each position asks the windows that it lies in. */
export function maxPoolGradientPass(
  label: string,
  { kernel, stride, padding }: PoolWindow,
  gradient: View,
  marks: Store,
  output: KernelOutput,
): Pass {
  const bindings = new Bindings();
  const from = bindings.read(gradient.store);
  const chosen = bindings.read(marks, 'u32');
  const emit = emitOutput(bindings, output);
  const { out } = output;
  const [top, left] = padding;
  const reach = Math.ceil(kernel / stride);
  const quads = gradient.channels / 4;
  const body = `
  let n = position / ${positionsOf(out)}u; let rest = position % ${positionsOf(out)}u;
  let y = rest / ${out.width}u + ${top}u; let x = rest % ${out.width}u + ${left}u;
  var sum = vec4<f32>(0.0f);
  ${repeat(reach, (i) =>
    repeat(
      reach,
      (j) => `{
    let line = y / ${stride}u; let column = x / ${stride}u;
    let v = y % ${stride}u + ${i * stride}u; let u = x % ${stride}u + ${j * stride}u;
    if (v < ${kernel}u && u < ${kernel}u && line >= ${i}u && column >= ${j}u && line - ${i}u < ${gradient.height}u && column - ${j}u < ${gradient.width}u) {
      let seen = (n * ${gradient.height}u + line - ${i}u) * ${gradient.width}u + column - ${j}u;
      let marked = ${chosen}[seen * ${quads}u + quad];
      let place = vec4<u32>(v * ${kernel}u + u);
      let hit = vec4<u32>(marked & 255u, (marked >> 8u) & 255u, (marked >> 16u) & 255u, marked >> 24u) == place;
      sum += select(vec4<f32>(0.0f), ${from}[${address(gradient, 'seen', 'quad')}], hit);
    }
  }`,
    ),
  )}
  ${emit('position', 'quad', 'sum')}`;
  return walkPass({
    label: `${label} gradient`,
    bindings,
    over: out,
    body,
    touches: 1 + 1.25 / (stride * stride),
  });
}

/** The mean of each channel. */
export function averagePass(label: string, input: View, output: View): Pass {
  const bindings = new Bindings();
  const from = bindings.read(input.store);
  const emit = emitOutput(bindings, { out: output });
  const count = positionsOf(input);
  const body = `
  var sum = vec4<f32>(0.0f);
  for (var p = 0u; p < ${count}u; p++) { sum += ${from}[${address(input, `position * ${count}u + p`, 'quad')}]; }
  let mean = sum * ${float(1 / count)};
  ${emit('position', 'quad', 'mean')}`;
  return walkPass({ label: `${label} forward`, bindings, over: output, body, touches: count + 1 });
}

/** The gradient of the mean of each channel. */
export function averageGradientPass(label: string, gradient: View, output: KernelOutput): Pass {
  const bindings = new Bindings();
  const from = bindings.read(gradient.store);
  const emit = emitOutput(bindings, output);
  const count = positionsOf(output.out);
  const body = `
  let share = ${from}[${address(gradient, `position / ${count}u`, 'quad')}] * ${float(1 / count)};
  ${emit('position', 'quad', 'share')}`;
  return walkPass({ label: `${label} gradient`, bindings, over: output.out, body, touches: 1 });
}
