/** Runs local response norm (Krizhevsky et al., 2012) and its gradient. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { LocalResponseNorm } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { computeInputGradient, type LayerPass, type TensorPass } from './layer-pass.ts';

/** Runs a local response norm. TensorFlow multiplies alpha with the sum, not with the mean. */
export function runResponseNorm(
  { tf }: TensorPass,
  placed: Placed<LocalResponseNorm>,
  input: Tensor,
): LayerPass {
  const { size, alpha, beta, k } = placed.layer;
  const constants = { depthRadius: (size - 1) / 2, bias: k, alpha: alpha / size, beta };
  const engine = tf.engine();
  const output: Tensor = engine.runKernel('LRN', { x: input }, constants);
  return {
    output,
    gradients: computeInputGradient((gradient) =>
      engine.runKernel('LRNGrad', { x: input, y: output, dy: gradient }, constants),
    ),
  };
}
