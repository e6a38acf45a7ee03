/** The operators that TensorFlow has whole, and that TensorFlow.js must put together without it. */

import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { STATISTICS_MOMENTUM } from '../../models/layers.ts';
import type { LoadedPackage, TensorFlow } from './load.ts';
import { execute, floatType, type NativeBackend } from './native-backend.ts';

export interface BatchNormOptions {
  /** Per channel, as all below. */
  readonly scale: Tensor;
  readonly shift: Tensor;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly eps: number;
}

/** A batch norm by the batch's own statistics. */
export interface NormalizedBatch {
  readonly output: Tensor;
  /** The running statistics after this batch. */
  readonly nextMean: Tensor;
  readonly nextVariance: Tensor;
  /** What the gradient needs besides the input. */
  readonly saved: readonly Tensor[];
}

export interface BatchNormGradients {
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
  /** The gradient where the output is above zero, else zero. */
  readonly reluGradient: (gradient: Tensor, output: Tensor) => Tensor;
}

/** The operators of a package: its own, where it has them. */
export function kernelsOf({ tf, native }: LoadedPackage): Kernels {
  return native === null ? composedKernels(tf) : nativeKernels(native);
}

/** Fused operators: batch norm takes half the time of those it would be put together from. */
function nativeKernels(native: NativeBackend): Kernels {
  const { binding } = native;
  const attributesOf = (eps: number) => [
    floatType(native, 'T'),
    floatType(native, 'U'),
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: eps },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
  const factor = {
    name: 'exponential_avg_factor',
    type: binding.TF_ATTR_FLOAT,
    value: STATISTICS_MOMENTUM,
  };
  return {
    batchNorm: (input, { scale, shift, runningMean, runningVariance, eps }) => {
      const inputs = [input, scale, shift, runningMean, runningVariance];
      const attributes = [...attributesOf(eps), factor];
      const outputs = native.executeMultipleOutputs('FusedBatchNormV3', attributes, inputs, 6);
      const [output, nextMean, nextVariance, ...saved] = outputs as [Tensor, Tensor, Tensor];
      return { output, nextMean, nextVariance, saved };
    },
    batchNormGradient: (gradient, input, saved, { scale, eps }) => {
      const inputs = [gradient, input, scale, ...saved];
      const outputs = native.executeMultipleOutputs(
        'FusedBatchNormGradV3',
        attributesOf(eps),
        inputs,
        5,
      );
      const [forInput, forScale, forShift] = outputs as [Tensor, Tensor, Tensor];
      return { input: forInput, scale: forScale, shift: forShift };
    },
    reluGradient: (gradient, output) =>
      execute(native, 'ReluGrad', [floatType(native)], [gradient, output]),
  };
}

const POSITIONS = [0, 1, 2];

/** The same by formulas, for backends without those operators. */
function composedKernels(tf: TensorFlow): Kernels {
  return {
    batchNorm: (input, { scale, shift, runningMean, runningVariance, eps }) => {
      const [output, nextMean, nextVariance, normalised, inverse] = tf.tidy(() => {
        const mean = tf.mean(input, POSITIONS);
        const centred = tf.sub(input, mean);
        const variance = tf.mean(tf.square(centred), POSITIONS);
        const deviation = tf.sqrt(tf.add(variance, eps));
        const normal = tf.div(centred, deviation);
        const count = countPositions(input);
        const move = (running: Tensor, batch: Tensor, weight: number) =>
          tf.add(tf.mul(running, 1 - STATISTICS_MOMENTUM), tf.mul(batch, weight));
        // The unbiased variance; of a single value, which has none, the biased one.
        const unbiased = (STATISTICS_MOMENTUM * count) / Math.max(1, count - 1);
        return [
          tf.add(tf.mul(normal, scale), shift),
          move(runningMean, mean, STATISTICS_MOMENTUM),
          move(runningVariance, variance, unbiased),
          normal,
          tf.reciprocal(deviation),
        ] as [Tensor, Tensor, Tensor, Tensor, Tensor];
      });
      return { output, nextMean, nextVariance, saved: [normalised, inverse] };
    },
    batchNormGradient: (gradient, input, saved, { scale }) => {
      const [normalised, inverse] = saved as [Tensor4D, Tensor1D];
      const count = countPositions(input);
      const total = tf.sum(gradient, POSITIONS);
      const along = tf.sum(tf.mul(gradient, normalised), POSITIONS);
      // dx = scale / deviation · (g − mean of g − x̂ · mean of g x̂)
      const explained = tf.add(tf.mul(normalised, tf.div(along, count)), tf.div(total, count));
      const rest = tf.sub(gradient, explained);
      return { input: tf.mul(rest, tf.mul(scale, inverse)), scale: along, shift: total };
    },
    reluGradient: (gradient, output) => tf.mul(gradient, tf.step(output)),
  };
}

function countPositions({ shape }: Tensor): number {
  return shape.slice(0, -1).reduce((product, size) => product * size, 1);
}
