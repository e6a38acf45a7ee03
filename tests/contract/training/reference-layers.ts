/**
 * Every layer and its gradient in plain loops and double precision, written from the definitions
 * and without looking at the engines. Arrays are [sample, channel, row, column] or
 * [sample, feature].
 */

import type { Conv, LocalResponseNorm, MaxPool } from '../../../experiment/models/layers.ts';
import type { PlacedLayer } from '../../../experiment/models/model.ts';
import { countValues, type Shape } from '../../../experiment/models/shapes.ts';

/** Double-precision values by name. */
export type Doubles = Map<string, Float64Array>;

export interface LayerPass {
  readonly output: Float64Array;
  /** Gradients of the inputs; those of the parameters are added to `gradients`. */
  readonly backward: (gradient: Float64Array, gradients: Doubles) => Float64Array[];
}

export interface LayerOptions {
  readonly samples: number;
  readonly weights: Doubles;
  /** Read in evaluation, updated in place in training. */
  readonly statistics: Doubles;
  readonly mode: 'training' | 'evaluation';
}

export function forwardLayer(
  placed: PlacedLayer,
  inputs: readonly Float64Array[],
  options: LayerOptions,
): LayerPass {
  const { layer } = placed;
  const input = inputs[0] as Float64Array;
  switch (layer.kind) {
    case 'flatten':
      return { output: input, backward: (g) => [g] };
    case 'relu':
      return {
        output: input.map((x) => Math.max(x, 0)),
        backward: (g) => [g.map((value, i) => ((input[i] as number) > 0 ? value : 0))],
      };
    case 'add':
      return {
        output: input.map((_, i) => inputs.reduce((sum, term) => sum + (term[i] as number), 0)),
        backward: (g) => inputs.map(() => g),
      };
    case 'concat':
      return concat(placed, inputs, options);
    case 'dense':
      return dense(layer.name, placed, input, options);
    case 'conv':
      return conv(layer, placed, input, options);
    case 'batchNorm':
      return batchNorm(layer.name, layer.eps, placed, input, options);
    case 'maxPool':
      return maxPool(layer, placed, input, options);
    case 'localResponseNorm':
      return responseNorm(layer, placed, input, options);
    case 'globalAveragePool':
      return averagePool(placed, input);
  }
}

function get(values: Doubles, name: string): Float64Array {
  const found = values.get(name);
  if (found === undefined) throw new Error(`no values of ${name}`);
  return found;
}

function bump(array: Float64Array, index: number, amount: number): void {
  array[index] = (array[index] as number) + amount;
}

function at(array: Float64Array, index: number): number {
  return array[index] as number;
}

function mapSizes(shape: Shape): [number, number, number] {
  return shape as unknown as [number, number, number];
}

function concat(
  { inputShapes }: PlacedLayer,
  inputs: readonly Float64Array[],
  { samples }: LayerOptions,
): LayerPass {
  const sizes = inputShapes.map(countValues);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const output = new Float64Array(samples * total);
  const eachPart = (
    visit: (part: number, from: number, to: number, size: number) => void,
  ): void => {
    for (let n = 0; n < samples; n += 1) {
      let offset = n * total;
      for (const [part, size] of sizes.entries()) {
        visit(part, n * size, offset, size);
        offset += size;
      }
    }
  };
  eachPart((part, from, to, size) => {
    output.set((inputs[part] as Float64Array).subarray(from, from + size), to);
  });
  return {
    output,
    backward: (g) => {
      const parts = inputs.map(({ length }) => new Float64Array(length));
      eachPart((part, from, to, size) => {
        (parts[part] as Float64Array).set(g.subarray(to, to + size), from);
      });
      return parts;
    },
  };
}

function dense(
  name: string,
  { inputShapes, shape }: PlacedLayer,
  input: Float64Array,
  { samples, weights }: LayerOptions,
): LayerPass {
  const features = countValues(inputShapes[0] ?? []);
  const units = countValues(shape);
  const weight = get(weights, `${name}.weight`);
  const bias = get(weights, `${name}.bias`);
  const output = new Float64Array(samples * units);
  for (let n = 0; n < samples; n += 1) {
    for (let unit = 0; unit < units; unit += 1) {
      let sum = at(bias, unit);
      for (let i = 0; i < features; i += 1) {
        sum += at(weight, unit * features + i) * at(input, n * features + i);
      }
      output[n * units + unit] = sum;
    }
  }
  return {
    output,
    backward: (g, gradients) => {
      const back = new Float64Array(input.length);
      const weightGradient = get(gradients, `${name}.weight`);
      const biasGradient = get(gradients, `${name}.bias`);
      for (let n = 0; n < samples; n += 1) {
        for (let unit = 0; unit < units; unit += 1) {
          const value = at(g, n * units + unit);
          bump(biasGradient, unit, value);
          for (let i = 0; i < features; i += 1) {
            bump(weightGradient, unit * features + i, value * at(input, n * features + i));
            bump(back, n * features + i, value * at(weight, unit * features + i));
          }
        }
      }
      return [back];
    },
  };
}

/** The taps of a window: every output with the inputs it sees and the kernel's position for each. */
interface Taps {
  readonly count: number;
  readonly outputs: Int32Array;
  readonly inputs: Int32Array;
  readonly positions: Int32Array;
}

function tapsOf(
  { kernel, stride, padding }: Conv | MaxPool,
  [, height, width]: readonly [number, number, number],
  [, rows, columns]: readonly [number, number, number],
): Taps {
  const [top, left] = padding;
  const taps: [number, number, number][] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (let ky = 0; ky < kernel; ky += 1) {
        for (let kx = 0; kx < kernel; kx += 1) {
          const y = row * stride + ky - top;
          const x = column * stride + kx - left;
          if (y < 0 || y >= height || x < 0 || x >= width) continue;
          taps.push([row * columns + column, y * width + x, ky * kernel + kx]);
        }
      }
    }
  }
  return {
    count: taps.length,
    outputs: Int32Array.from(taps, ([output]) => output),
    inputs: Int32Array.from(taps, ([, input]) => input),
    positions: Int32Array.from(taps, ([, , position]) => position),
  };
}

function conv(
  layer: Conv,
  { inputShapes, shape }: PlacedLayer,
  input: Float64Array,
  { samples, weights }: LayerOptions,
): LayerPass {
  const from = mapSizes(inputShapes[0] ?? []);
  const to = mapSizes(shape);
  const [inputs, height, width] = from;
  const [outputs, rows, columns] = to;
  const taps = tapsOf(layer, from, to);
  const weight = get(weights, `${layer.name}.weight`);
  const output = new Float64Array(samples * countValues(shape));
  /** Visits every pair of maps with the places where they and their filter start. */
  const eachPair = (visit: (to: number, from: number, filter: number) => void): void => {
    for (let n = 0; n < samples; n += 1) {
      for (let o = 0; o < outputs; o += 1) {
        for (let c = 0; c < inputs; c += 1) {
          visit(
            (n * outputs + o) * rows * columns,
            (n * inputs + c) * height * width,
            (o * inputs + c) * layer.kernel ** 2,
          );
        }
      }
    }
  };
  const channelOf = (index: number): number => Math.floor(index / (rows * columns)) % outputs;
  if (layer.bias) {
    const bias = get(weights, `${layer.name}.bias`);
    for (let i = 0; i < output.length; i += 1) output[i] = at(bias, channelOf(i));
  }
  eachPair((toStart, fromStart, filter) => {
    for (let t = 0; t < taps.count; t += 1) {
      const product =
        at(input, fromStart + (taps.inputs[t] as number)) *
        at(weight, filter + (taps.positions[t] as number));
      bump(output, toStart + (taps.outputs[t] as number), product);
    }
  });
  return {
    output,
    backward: (g, gradients) => {
      const back = new Float64Array(input.length);
      const weightGradient = get(gradients, `${layer.name}.weight`);
      eachPair((toStart, fromStart, filter) => {
        for (let t = 0; t < taps.count; t += 1) {
          const value = at(g, toStart + (taps.outputs[t] as number));
          const i = fromStart + (taps.inputs[t] as number);
          const w = filter + (taps.positions[t] as number);
          bump(weightGradient, w, value * at(input, i));
          bump(back, i, value * at(weight, w));
        }
      });
      if (layer.bias) {
        const biasGradient = get(gradients, `${layer.name}.bias`);
        for (let i = 0; i < g.length; i += 1) bump(biasGradient, channelOf(i), at(g, i));
      }
      return [back];
    },
  };
}

function maxPool(
  layer: MaxPool,
  { inputShapes, shape }: PlacedLayer,
  input: Float64Array,
  { samples }: LayerOptions,
): LayerPass {
  const from = mapSizes(inputShapes[0] ?? []);
  const to = mapSizes(shape);
  const maps = samples * to[0];
  const [inputSize, outputSize] = [from[1] * from[2], to[1] * to[2]];
  const output = new Float64Array(maps * outputSize).fill(Number.NEGATIVE_INFINITY);
  const winners = new Int32Array(output.length);
  const taps = tapsOf(layer, from, to);
  for (let map = 0; map < maps; map += 1) {
    for (let t = 0; t < taps.count; t += 1) {
      const pixel = map * inputSize + (taps.inputs[t] as number);
      const place = map * outputSize + (taps.outputs[t] as number);
      if (at(input, pixel) <= at(output, place)) continue;
      output[place] = at(input, pixel);
      winners[place] = pixel;
    }
  }
  return {
    output,
    backward: (g) => {
      const back = new Float64Array(input.length);
      for (let i = 0; i < g.length; i += 1) bump(back, winners[i] as number, at(g, i));
      return [back];
    },
  };
}

function batchNorm(
  name: string,
  eps: number,
  { shape }: PlacedLayer,
  input: Float64Array,
  { samples, weights, statistics, mode }: LayerOptions,
): LayerPass {
  const [channels, height, width] = mapSizes(shape);
  const area = height * width;
  const count = samples * area;
  const scale = get(weights, `${name}.weight`);
  const shift = get(weights, `${name}.bias`);
  const runningMean = get(statistics, `${name}.running_mean`);
  const runningVariance = get(statistics, `${name}.running_var`);
  const output = new Float64Array(input.length);
  const normalised = new Float64Array(input.length);
  const deviations = new Float64Array(channels);
  const eachIn = (channel: number, visit: (index: number) => void): void => {
    for (let n = 0; n < samples; n += 1) {
      const start = (n * channels + channel) * area;
      for (let i = start; i < start + area; i += 1) visit(i);
    }
  };
  for (let c = 0; c < channels; c += 1) {
    let mean = at(runningMean, c);
    let variance = at(runningVariance, c);
    if (mode === 'training') {
      let sum = 0;
      eachIn(c, (i) => {
        sum += at(input, i);
      });
      mean = sum / count;
      let squares = 0;
      eachIn(c, (i) => {
        squares += (at(input, i) - mean) ** 2;
      });
      variance = squares / count;
      runningMean[c] = 0.9 * at(runningMean, c) + 0.1 * mean;
      const unbiased = count > 1 ? squares / (count - 1) : variance;
      runningVariance[c] = 0.9 * at(runningVariance, c) + 0.1 * unbiased;
    }
    const deviation = Math.sqrt(variance + eps);
    deviations[c] = deviation;
    eachIn(c, (i) => {
      const value = (at(input, i) - mean) / deviation;
      normalised[i] = value;
      output[i] = value * at(scale, c) + at(shift, c);
    });
  }
  return {
    output,
    backward: (g, gradients) => {
      const back = new Float64Array(input.length);
      for (let c = 0; c < channels; c += 1) {
        let total = 0;
        let along = 0;
        eachIn(c, (i) => {
          total += at(g, i);
          along += at(g, i) * at(normalised, i);
        });
        bump(get(gradients, `${name}.weight`), c, along);
        bump(get(gradients, `${name}.bias`), c, total);
        const slope = at(scale, c) / at(deviations, c);
        eachIn(c, (i) => {
          const rest = at(g, i) - total / count - (at(normalised, i) * along) / count;
          back[i] = slope * rest;
        });
      }
      return [back];
    },
  };
}

function responseNorm(
  { size, alpha, beta, k }: LocalResponseNorm,
  { shape }: PlacedLayer,
  input: Float64Array,
  { samples }: LayerOptions,
): LayerPass {
  const [channels, height, width] = mapSizes(shape);
  const area = height * width;
  const reach = (size - 1) / 2;
  const eachPair = (visit: (index: number, neighbour: number) => void): void => {
    for (let n = 0; n < samples; n += 1) {
      for (let c = 0; c < channels; c += 1) {
        const last = Math.min(channels - 1, c + reach);
        for (let other = Math.max(0, c - reach); other <= last; other += 1) {
          for (let i = 0; i < area; i += 1) {
            visit((n * channels + c) * area + i, (n * channels + other) * area + i);
          }
        }
      }
    }
  };
  const sums = new Float64Array(input.length).fill(k);
  eachPair((index, neighbour) => bump(sums, index, (alpha / size) * at(input, neighbour) ** 2));
  return {
    output: input.map((x, i) => x * at(sums, i) ** -beta),
    backward: (g) => {
      const back = g.map((value, i) => value * at(sums, i) ** -beta);
      // d y_i / d x_j through the sum: −β x_i s_i^(−β−1) · 2 α/size x_j
      eachPair((index, neighbour) => {
        const outer = at(g, index) * at(input, index) * -beta * at(sums, index) ** (-beta - 1);
        bump(back, neighbour, outer * 2 * (alpha / size) * at(input, neighbour));
      });
      return [back];
    },
  };
}

function averagePool({ inputShapes }: PlacedLayer, input: Float64Array): LayerPass {
  const [, height, width] = mapSizes(inputShapes[0] ?? []);
  const area = height * width;
  const output = new Float64Array(input.length / area);
  for (let i = 0; i < input.length; i += 1) bump(output, Math.floor(i / area), at(input, i) / area);
  return {
    output,
    backward: (g) => [input.map((_, i) => at(g, Math.floor(i / area)) / area)],
  };
}
