/** The gradient of the ReLU; forward it is fused into what comes before. */

import type { Activation, Blocks } from './blocks.ts';

/** So steep that every normal positive number becomes 1: 3e38 times the smallest is above 1. */
export const STEEP = 3e38;

/**
 * The gradient where the ReLU's output is positive, else 0; both are ONNX values of one shape. The hard
 * sigmoid of 0 and less is 0, that of a positive number 1: it costs a third of comparing and a quarter
 * of `Sign`.
 */
export function maskGradient({ graph }: Blocks, gradient: string, output: string): string {
  const attributes = { alpha: { float: STEEP }, beta: { float: 0 } };
  return graph.node('Mul', [gradient, graph.node('HardSigmoid', [output], attributes)]);
}

/** The gradient for a ReLU's input. */
export function reluGradient(blocks: Blocks, gradient: Activation, output: Activation): Activation {
  return { ...gradient, value: maskGradient(blocks, gradient.value, output.value) };
}
