/** Convolutions, and dense layers as convolutions of one position: forward and both gradients. */

import type { SgdOptions } from '../../engine.ts';
import type { Pass } from '../pass.ts';
import { positionsOf, type View } from '../tensors.ts';
import { emitOutput, emitUpdate, type KernelOutput, type Trained } from './epilogue.ts';
import { lyingColumns, turnedFilters } from './filters.ts';
import { type KernelSetting, multiplyPasses } from './multiply.ts';
import { address } from './text.ts';
import { seenColumns, seenRows, type Window } from './windows.ts';

/** A convolution in its place. */
export interface Convolution {
  readonly label: string;
  readonly window: Window;
  /** Filters [kernel, kernel, inputs, outputs], then, where there is a bias, four rows of which it is the first. */
  readonly filters: Trained;
  readonly bias: boolean;
  /** Operations on one sample, in each direction. */
  readonly flops: number;
}

const FLOAT = 4;

/** Rows of the matrix in which the filters lie, those of the bias left out. */
function filterRows({ window: { kernel } }: Convolution, input: View): number {
  return kernel * kernel * input.channels;
}

/** output = input ∗ filters + bias, and what else `output` says. */
export function forwardPasses(
  convolution: Convolution,
  input: View,
  output: KernelOutput,
  setting: KernelSetting,
): readonly Pass[] {
  const { label, window, filters, bias } = convolution;
  const { kernel, stride, top, left } = window;
  const inner = filterRows(convolution, input);
  const { out } = output;
  const columns = out.channels;
  const positions = positionsOf(out);
  const biased = bias ? { store: filters.weights, at: (inner * columns) / FLOAT } : undefined;
  const { height, width } = input;
  const bare = output.addend === undefined && output.mask === undefined && output.relu !== true;
  const inside =
    top === 0 &&
    left === 0 &&
    (out.height - 1) * stride + kernel <= height &&
    (out.width - 1) * stride + kernel <= width;
  return multiplyPasses({
    label: `${label} forward`,
    setting,
    rows: (batch) => batch * positions,
    columns,
    innerSize: inner,
    sizes: `let rows = step.batch * ${positions}u; let inner = ${inner}u;`,
    factors: (bindings, { tile }) => ({
      left: seenRows(tile, {
        map: input,
        name: bindings.read(input.store),
        lines: out.height,
        columns: out.width,
        firstLine: `y * ${stride} - ${top}`,
        firstColumn: `x * ${stride} - ${left}`,
        sign: 1,
        placesAcross: `${kernel}u`,
        inside,
      }),
      right: lyingColumns(
        tile,
        columns,
        bindings.read(filters.weights),
        (k) => `${k} * ${columns / FLOAT}u`,
      ),
    }),
    emit: (bindings) =>
      emitOutput(bindings, biased === undefined ? output : { ...output, bias: biased }),
    ...(bare ? { bareBias: bias ? { store: filters.weights, at: inner * columns } : null } : {}),
    flops: convolution.flops,
    bytes: (batch) =>
      FLOAT *
      (batch * (positionsOf(input) * input.channels + positions * columns) + inner * columns),
  });
}

/**
 * The gradient of a convolution's input. Of a stride s, positions are taken in s² classes, each of
 * which meets the same places of the kernel.
 */
export function inputGradientPasses(
  convolution: Convolution,
  gradient: View,
  output: KernelOutput,
  setting: KernelSetting,
): readonly Pass[] {
  const { label, window, filters } = convolution;
  const { kernel, stride, top, left } = window;
  const { out } = output;
  const [lines, columns] = [Math.ceil(out.height / stride), Math.ceil(out.width / stride)];
  const inputs = out.channels;
  const quads = gradient.channels / FLOAT;
  const one = stride === 1;
  const classes = one
    ? `let classY = 0u; let classX = 0u; let firstV = 0u; let firstU = 0u; let across = ${kernel}u;`
    : `let classY = part / ${stride}u; let classX = part % ${stride}u;
  let firstV = (classY + ${top}u) % ${stride}u; let firstU = (classX + ${left}u) % ${stride}u;
  let across = max(1u, (${kernel + stride - 1}u - firstU) / ${stride}u);
  let places = (${kernel + stride - 1}u - firstV) / ${stride}u * ((${kernel + stride - 1}u - firstU) / ${stride}u);`;
  const inner = one ? `${kernel * kernel * gradient.channels}u` : `places * ${gradient.channels}u`;
  const first = (at: string, of: string, from: string, before: number): string =>
    one
      ? `${at} + ${before}`
      : `(${at} * ${stride} + i32(${of}) + ${before} - i32(${from})) / ${stride}`;
  return multiplyPasses({
    label: `${label} input gradient`,
    setting,
    rows: (batch) => batch * lines * columns,
    columns: inputs,
    innerSize: Math.ceil(kernel / stride) ** 2 * gradient.channels,
    classes: stride * stride,
    sizes: `${classes}
  let rows = step.batch * ${lines * columns}u; let inner = ${inner};`,
    factors: (bindings, { tile }) => ({
      left: seenRows(tile, {
        map: gradient,
        name: bindings.read(gradient.store),
        lines,
        columns,
        firstLine: first('y', 'classY', 'firstV', top),
        firstColumn: first('x', 'classX', 'firstU', left),
        sign: -1,
        placesAcross: one ? `${kernel}u` : 'across',
        inside: one && kernel === 1,
      }),
      right: turnedFilters(tile, {
        name: bindings.read(filters.weights),
        inputs,
        outputs: quads * FLOAT,
        kernel,
        place: one
          ? `let v = tap / ${kernel}u; let u = tap % ${kernel}u;`
          : `let v = firstV + tap / across * ${stride}u; let u = firstU + tap % across * ${stride}u;`,
      }),
    }),
    emit: (bindings) => {
      const emit = emitOutput(bindings, output);
      if (one) return emit;
      return (position, quad, value) => `{
      let n = ${position} / ${lines * columns}u; let rest = ${position} % ${lines * columns}u;
      let y = rest / ${columns}u * ${stride}u + classY; let x = rest % ${columns}u * ${stride}u + classX;
      if (y < ${out.height}u && x < ${out.width}u) {
        let to = (n * ${out.height}u + y) * ${out.width}u + x;
        ${emit('to', quad, value)}
      } }`;
    },
    flops: convolution.flops,
    bytes: (batch) =>
      FLOAT *
      (batch * (positionsOf(gradient) * gradient.channels + positionsOf(out) * inputs) +
        kernel * kernel * inputs * gradient.channels),
  });
}

/** The gradient of the filters and the bias, along which they make a step. It is stored nowhere. */
export function updatePasses(
  convolution: Convolution,
  input: View,
  gradient: View,
  options: KernelSetting & { readonly sgd: SgdOptions; readonly biasStays: boolean },
): readonly Pass[] {
  const { label, window, filters, bias } = convolution;
  const rows = filterRows(convolution, input) + (bias ? FLOAT : 0);
  const columns = gradient.channels;
  const positions = positionsOf(gradient);
  return multiplyPasses({
    label: `${label} update`,
    setting: options,
    rows: () => rows,
    columns,
    innerSize: positions * options.batch,
    sizes: `let rows = ${rows}u; let inner = step.batch * ${positions}u;`,
    factors: (bindings, { tile }) => ({
      left: seenColumns(tile, {
        map: input,
        name: bindings.read(input.store),
        window,
        outputs: gradient,
        ones: bias && !options.biasStays,
      }),
      right: lyingColumns(tile, columns, bindings.read(gradient.store), (k) =>
        address(gradient, k, '0u'),
      ),
    }),
    emit: (bindings) => emitUpdate(bindings, filters, columns, options.sgd),
    flops: convolution.flops,
    bytes: (batch) =>
      FLOAT *
      (batch * (positionsOf(input) * input.channels + positions * columns) + 4 * rows * columns),
  });
}
