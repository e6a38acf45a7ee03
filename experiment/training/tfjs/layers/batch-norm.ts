/** Runs batch norm (Ioffe and Szegedy, 2015): by the batch in training, else by what was kept. */

import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { BatchNorm } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { LayerPass, TensorPass } from './layer-pass.ts';

/**
 * Runs a batch norm.
 *
 * @throws nothing itself; its gradients throw Error where it was run for evaluation
 */
export function runBatchNorm(
  pass: TensorPass,
  placed: Placed<BatchNorm>,
  input: Tensor,
): LayerPass {
  const { tf, kernels, mode, tensorOf } = pass;
  const { name, eps } = placed.layer;
  const options = {
    scale: tensorOf(`${name}.weight`),
    shift: tensorOf(`${name}.bias`),
    runningMean: tensorOf(`${name}.running_mean`),
    runningVariance: tensorOf(`${name}.running_var`),
    eps,
  };
  if (mode === 'evaluation') {
    const { scale, shift, runningMean, runningVariance } = options;
    return {
      output: tf.batchNorm(
        input as Tensor4D,
        runningMean as Tensor1D,
        runningVariance as Tensor1D,
        shift as Tensor1D,
        scale as Tensor1D,
        eps,
      ),
      gradients: () => {
        throw new Error(`${name} was run for evaluation: it has no gradients`);
      },
    };
  }
  const { output, nextMean, nextVariance, saved } = kernels.batchNorm(input, options);
  return {
    output,
    saved,
    nextStatistics: [
      [`${name}.running_mean`, nextMean],
      [`${name}.running_var`, nextVariance],
    ],
    gradients: (gradient, inputsWanted) => {
      const found = kernels.batchNormGradient(gradient, input, saved, options);
      return {
        inputs: inputsWanted ? [found.input] : [],
        parameters: { [`${name}.weight`]: found.scale, [`${name}.bias`]: found.shift },
      };
    },
  };
}
