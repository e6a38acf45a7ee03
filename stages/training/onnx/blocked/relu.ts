/** The gradient of the ReLU; forward it is fused into what comes before. */

import type { Activation, Blocks } from './blocks.ts';

/** So steep that every normal positive number becomes 1: 3e38 times the smallest is above 1. */
export const STEEP = 3e38;

/**
 * The gradient where the ReLU's output is positive, else 0. The hard sigmoid of 0 and less is 0, that
 * of a positive number 1: it costs a third of comparing and a quarter of `Sign`.
 */
export function reluGradient(
  { graph }: Blocks,
  gradient: Activation,
  output: Activation,
): Activation {
  const attributes = { alpha: { float: STEEP }, beta: { float: 0 } };
  const mask = graph.node('HardSigmoid', [output.value], attributes);
  return { ...gradient, value: graph.node('Mul', [gradient.value, mask]) };
}
