/**
 * Local response normalisation over neighbouring channels (Krizhevsky 2012), as PyTorch defines it:
 * y = x / (k + alpha/size · Σ x²)^beta over `size` channels around each, fewer at the ends.
 */

import { type Activation, type Blocks, NO_EDGES, type WindowGeometry } from './blocks.ts';
import { convolve } from './convolution.ts';

export interface ResponseNorm {
  /** Channels in a window: ⌊size/2⌋ before, ⌊(size−1)/2⌋ after. */
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  /** Channels of the input, those added to fill a block not counted. */
  readonly channels: number;
}

export interface Normalized {
  readonly output: Activation;
  /** k + alpha/size · Σ x². */
  readonly base: string;
  /** base^−beta. */
  readonly factor: string;
}

const POINT: WindowGeometry = { height: 1, width: 1, stride: 1, pads: NO_EDGES };

export function responseNorm(blocks: Blocks, input: Activation, norm: ResponseNorm): Normalized {
  const { graph } = blocks;
  const { channels } = input;
  const squares = { ...input, value: graph.node('Mul', [input.value, input.value]) };
  // Added channels are zero and divide by 1, whatever k is.
  const offsets = Array.from({ length: channels }, (_, c) => (c < norm.channels ? norm.k : 1));
  const filter = { value: bandFilter(blocks, channels, norm, norm.alpha / norm.size, 1) };
  const base = convolve(blocks, squares, { ...filter, outputs: channels }, POINT, {
    bias: graph.floats(offsets, [channels]),
  }).value;
  const factor = inversePower(blocks, base, norm.beta);
  const output = { ...input, value: graph.node('Mul', [input.value, factor]) };
  return { output, base, factor };
}

/**
 * The gradient for the input: dx = dy·base^−beta − 2·alpha·beta/size · x · Σ dy·y/base over the windows
 * that a channel is part of.
 */
export function responseNormGradient(
  blocks: Blocks,
  input: Activation,
  { output, base, factor }: Normalized,
  gradient: Activation,
  norm: ResponseNorm,
): Activation {
  const { graph } = blocks;
  const { channels } = input;
  const weighted = graph.node('Mul', [gradient.value, output.value]);
  const parts = { ...input, value: graph.node('Div', [weighted, base]) };
  const weight = (-2 * norm.alpha * norm.beta) / norm.size;
  const filter = bandFilter(blocks, channels, norm, weight, -1);
  const sums = convolve(blocks, parts, { value: filter, outputs: channels }, POINT);
  const across = graph.node('Mul', [input.value, sums.value]);
  const direct = graph.node('Mul', [gradient.value, factor]);
  return { ...input, value: graph.node('Add', [direct, across]) };
}

/** base^−beta; the usual beta of 3/4 by two square roots, which is much faster than `Pow`. */
function inversePower({ graph }: Blocks, base: string, beta: number): string {
  if (beta !== 0.75) return graph.node('Pow', [base, graph.floats([-beta], [])]);
  const root = graph.node('Sqrt', [base]);
  const product = graph.node('Mul', [root, graph.node('Sqrt', [root])]);
  return graph.node('Reciprocal', [product]);
}

/**
 * A 1×1 filter that sums each channel's window, times `weight`; with `direction` −1 the windows that
 * the channel is part of. Memory: [channels/B, channels/B, B_in, B_out].
 */
function bandFilter(
  { graph, block }: Blocks,
  channels: number,
  { size, channels: real }: ResponseNorm,
  weight: number,
  direction: 1 | -1,
): string {
  const band = new Float32Array(channels * channels);
  const before = Math.floor(size / 2);
  const after = size - 1 - before;
  for (let output = 0; output < real; output += 1) {
    for (let input = 0; input < real; input += 1) {
      const distance = direction * (input - output);
      if (distance < -before || distance > after) continue;
      const [o, i] = [Math.floor(output / block), Math.floor(input / block)];
      const start = (o * (channels / block) + i) * block * block;
      band[start + (input % block) * block + (output % block)] = weight;
    }
  }
  return graph.floats(band, [channels, channels, 1, 1]);
}
