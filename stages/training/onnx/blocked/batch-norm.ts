/** Batch normalisation from sums over channels, forward and backward (Ioffe, Szegedy 2015). */

import type { Activation, Blocks } from './blocks.ts';
import { scaleChannels, sumChannels, sumProducts } from './channels.ts';

/** Of each channel, [channels] all. */
export interface BatchStatistics {
  readonly mean: string;
  /** Biased: divided by the number of values. */
  readonly variance: string;
  /** 1 / √(variance + epsilon). */
  readonly inverseDeviation: string;
}

/**
 * Mean and variance of each channel over samples and positions. The variance is the mean square less
 * the squared mean, never below zero: its relative error is that of single precision times
 * mean² / variance, harmless for the output of convolutions.
 */
export function batchStatistics(
  blocks: Blocks,
  input: Activation,
  epsilon: number,
): BatchStatistics {
  const { graph } = blocks;
  const inverseCount = graph.floats([1 / (input.batch * input.height * input.width)], []);
  const mean = graph.node('Mul', [sumChannels(blocks, input), inverseCount]);
  const meanSquare = graph.node('Mul', [sumProducts(blocks, input, input), inverseCount]);
  const squaredMean = graph.node('Mul', [mean, mean]);
  const variance = graph.node('Relu', [graph.node('Sub', [meanSquare, squaredMean])]);
  return { mean, variance, inverseDeviation: inverseDeviation(blocks, variance, epsilon) };
}

/** 1 / √(variance + epsilon). */
export function inverseDeviation({ graph }: Blocks, variance: string, epsilon: number): string {
  const raised = graph.node('Add', [variance, graph.floats([epsilon], [])]);
  return graph.node('Reciprocal', [graph.node('Sqrt', [raised])]);
}

/** (x − mean) / deviation · scale + shift, optionally with a ReLU; all but x are [channels]. */
export function normalize(
  blocks: Blocks,
  input: Activation,
  { mean, inverseDeviation }: Pick<BatchStatistics, 'mean' | 'inverseDeviation'>,
  {
    scale,
    shift,
    relu,
  }: { readonly scale: string; readonly shift: string; readonly relu: boolean },
): Activation {
  const { graph } = blocks;
  const factor = graph.node('Mul', [scale, inverseDeviation]);
  const offset = graph.node('Sub', [shift, graph.node('Mul', [mean, factor])]);
  return scaleChannels(blocks, input, factor, { shift: offset, relu });
}

export interface NormalizeGradients {
  /** [channels] */
  readonly scale: string;
  /** [channels] */
  readonly shift: string;
  /** Lowers the gradient for the input, added to `sum`. */
  readonly lowerInput: (sum?: Activation) => Activation;
}

/**
 * The gradients of {@link normalize} with the statistics of its own input, those of scale and shift
 * included: with x̂ the normalised input, dshift = Σ dy, dscale = Σ dy·x̂ and
 * dx = scale / deviation · (dy − mean(dy) − x̂ · mean(dy·x̂)), brought into the form s·dy + p·x + c.
 */
export function normalizeGradients(
  blocks: Blocks,
  input: Activation,
  gradient: Activation,
  { mean, inverseDeviation }: Pick<BatchStatistics, 'mean' | 'inverseDeviation'>,
  scale: string,
): NormalizeGradients {
  const { graph } = blocks;
  const multiply = (a: string, b: string) => graph.node('Mul', [a, b]);
  const inverseCount = graph.floats([1 / (input.batch * input.height * input.width)], []);
  const shiftGradient = sumChannels(blocks, gradient);
  const products = sumProducts(blocks, gradient, input);
  const centred = graph.node('Sub', [products, multiply(mean, shiftGradient)]);
  const scaleGradient = multiply(centred, inverseDeviation);
  const lowerInput = (sum?: Activation): Activation => {
    const factor = multiply(scale, inverseDeviation);
    const meanProduct = multiply(scaleGradient, inverseCount);
    const slope = graph.node('Neg', [multiply(multiply(factor, inverseDeviation), meanProduct)]);
    const meanGradient = multiply(multiply(factor, shiftGradient), inverseCount);
    const offset = graph.node('Neg', [graph.node('Add', [meanGradient, multiply(slope, mean)])]);
    const options = sum === undefined ? { shift: offset } : { shift: offset, sum };
    const fromInput = scaleChannels(blocks, input, slope, options);
    return scaleChannels(blocks, gradient, factor, { sum: fromInput });
  };
  return { scale: scaleGradient, shift: shiftGradient, lowerInput };
}
