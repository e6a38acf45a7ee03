/** Batch normalisation from sums over channels, forward and backward (Ioffe, Szegedy 2015). */

import type { Activation, Blocks } from './blocks.ts';
import { meanChannels, meanProducts, scaleChannels } from './channels.ts';

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
  const mean = meanChannels(blocks, input);
  const meanSquare = meanProducts(blocks, input, input);
  const squaredMean = graph.node('Mul', [mean, mean]);
  const variance = graph.node('Relu', [graph.node('Sub', [meanSquare, squaredMean])]);
  return { mean, variance, inverseDeviation: inverseDeviation(blocks, variance, epsilon) };
}

/** 1 / √(variance + epsilon). */
export function inverseDeviation({ graph }: Blocks, variance: string, epsilon: number): string {
  const raised = graph.node('Add', [variance, graph.floats([epsilon], [])]);
  return graph.node('Reciprocal', [graph.node('Sqrt', [raised])]);
}

/** What a batch norm multiplies channels by, and adds to them; all [channels]. */
export interface Affine {
  readonly factor: string;
  readonly offset: string;
}

/** (x − mean) / deviation · scale + shift as x · factor + offset; all [channels]. */
export function affineOf(
  { graph }: Blocks,
  { mean, inverseDeviation }: Pick<BatchStatistics, 'mean' | 'inverseDeviation'>,
  { scale, shift }: { readonly scale: string; readonly shift: string },
): Affine {
  const factor = graph.node('Mul', [scale, inverseDeviation]);
  return { factor, offset: graph.node('Sub', [shift, graph.node('Mul', [mean, factor])]) };
}

/** (x − mean) / deviation · scale + shift, optionally with a ReLU; all but x are [channels]. */
export function normalize(
  blocks: Blocks,
  input: Activation,
  statistics: Pick<BatchStatistics, 'mean' | 'inverseDeviation'>,
  {
    scale,
    shift,
    relu,
  }: { readonly scale: string; readonly shift: string; readonly relu: boolean },
): Activation {
  const { factor, offset } = affineOf(blocks, statistics, { scale, shift });
  return scaleChannels(blocks, input, factor, { shift: offset, relu });
}

export interface NormalizeGradients {
  /** [channels] */
  readonly scale: string;
  /** [channels] */
  readonly shift: string;
  /** Lowers the gradient for the input, added to `sum`. */
  readonly lowerInput: (sum?: Activation) => Activation;
  /** The same without a sum, where what it is divided by is given apart. */
  readonly lowerScaledInput: () => { readonly activation: Activation; readonly scale: string };
}

/**
 * The gradients of {@link normalize} with the statistics of its own input, those of scale and shift
 * included: with x̂ the normalised input, dshift = Σ dy, dscale = Σ dy·x̂ and
 * dx = f · (dy − mean(dy) − x̂ · mean(dy·x̂)) with f = scale / deviation, brought into the form
 * f·dy + p·x + c. Without f, which a convolution takes over by its filters, dy + p·x + c is one pass in
 * place of two, and right too where the scale is zero.
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
  const count = graph.floats([input.batch * input.height * input.width], []);
  const meanGradient = meanChannels(blocks, gradient);
  const products = meanProducts(blocks, gradient, input);
  const centred = graph.node('Sub', [products, multiply(mean, meanGradient)]);
  const meanProduct = multiply(centred, inverseDeviation);
  const factor = multiply(scale, inverseDeviation);
  /** What −mean(dy) − x̂ · mean(dy·x̂) is of the input, slope · x + shift. */
  const slope = graph.node('Neg', [multiply(meanProduct, inverseDeviation)]);
  const shift = graph.node('Neg', [graph.node('Add', [meanGradient, multiply(slope, mean)])]);
  return {
    scale: multiply(meanProduct, count),
    shift: multiply(meanGradient, count),
    lowerInput: (sum) => {
      const fromInput = scaleChannels(blocks, input, multiply(factor, slope), {
        shift: multiply(factor, shift),
        ...(sum === undefined ? {} : { sum }),
      });
      return scaleChannels(blocks, gradient, factor, { sum: fromInput });
    },
    lowerScaledInput: () => ({
      activation: scaleChannels(blocks, input, slope, { shift, sum: gradient }),
      scale: factor,
    }),
  };
}
