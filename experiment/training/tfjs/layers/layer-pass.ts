/** What running one layer takes and gives. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Kernels } from '../kernels.ts';
import type { TensorFlow } from '../load.ts';

/** What a layer reads besides its input. Maps are [N, H, W, C] throughout, vectors [N, features]. */
export interface TensorPass {
  readonly tf: TensorFlow;
  readonly kernels: Kernels;
  /** Normalise by the batch and keep what the gradients need, or neither. */
  readonly mode: 'training' | 'evaluation';
  /** A parameter or a running statistic by its name; filters are [kernel, kernel, inputs, outputs]. */
  readonly tensorOf: (name: string) => Tensor;
  /** Biases whose gradients are zero (models/cancelled-biases.ts). */
  readonly cancelled: ReadonlySet<string>;
  /** Whether the images are [N, C, H, W], which a flatten layer can take as they are. */
  readonly imagesChannelsFirst: boolean;
}

export interface TensorGradients {
  /** For each input, in order; none where they are not wanted. */
  readonly inputs: Tensor[];
  /** By parameter. */
  readonly parameters: { [name: string]: Tensor };
}

/** A layer that has been run forward. */
export interface LayerPass {
  readonly output: Tensor;
  /** What the gradients need besides inputs and output, and nobody else. */
  readonly saved?: readonly Tensor[];
  /** The running statistics after this batch, by name. */
  readonly nextStatistics?: readonly (readonly [name: string, value: Tensor])[];
  /** The gradients, given that of the loss for the output; inputs' only where they are wanted. */
  readonly gradients: (gradient: Tensor, inputsWanted: boolean) => TensorGradients;
}

/** The gradients of a layer of one input without parameters. */
export function computeInputGradient(
  compute: (gradient: Tensor) => Tensor,
): LayerPass['gradients'] {
  return (gradient, inputsWanted) => ({
    inputs: inputsWanted ? [compute(gradient)] : [],
    parameters: {},
  });
}
