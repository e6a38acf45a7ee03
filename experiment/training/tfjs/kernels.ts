/** The operators that TensorFlow has whole, and that TensorFlow.js must put together without it. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { FramedWindow } from './layers/window.ts';

interface BatchNormOptions {
  /** Per channel, as all below. */
  readonly scale: Tensor;
  readonly shift: Tensor;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly eps: number;
}

/** A batch norm by the batch's own statistics. */
interface NormalizedBatch {
  readonly output: Tensor;
  /** The running statistics after this batch. */
  readonly nextMean: Tensor;
  readonly nextVariance: Tensor;
  /** What the gradient needs besides the input. */
  readonly saved: readonly Tensor[];
}

interface BatchNormGradients {
  readonly input: Tensor;
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/** Maps are [N, H, W, C]. */
export interface Kernels {
  /** Normalises in training mode, and moves the running statistics. */
  readonly batchNorm: (input: Tensor, options: BatchNormOptions) => NormalizedBatch;
  readonly batchNormGradient: (
    gradient: Tensor,
    input: Tensor,
    saved: readonly Tensor[],
    options: BatchNormOptions,
  ) => BatchNormGradients;
  /**
   * The gradient for the filters, [kernel, kernel, inputs, outputs], of a convolution of this input
   * in its frame.
   */
  readonly filterGradient: (
    gradient: Tensor,
    framed: Tensor,
    filter: Tensor,
    window: FramedWindow,
  ) => Tensor;
  /** The gradient where the output is above zero, else zero. */
  readonly reluGradient: (gradient: Tensor, output: Tensor) => Tensor;
}
