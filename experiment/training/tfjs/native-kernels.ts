/** The operators of TensorFlow itself. */

import type { Tensor } from '@tensorflow/tfjs-core';
import { STATISTICS_MOMENTUM } from '../../models/layers.ts';
import type { Kernels } from './kernels.ts';
import type { TensorFlow } from './load.ts';
import { execute, floatType, type NativeBackend } from './native-backend.ts';

/** Fused operators: batch norm takes half the time of those it would be put together from. */
export function nativeKernels(tf: TensorFlow, native: NativeBackend): Kernels {
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
    filterGradient: (gradient, framed, filter, { attributes }) =>
      tf
        .engine()
        .runKernel(
          'Conv2DBackpropFilter',
          { x: framed, dy: gradient },
          { ...attributes, filterShape: filter.shape },
        ),
    reluGradient: (gradient, output) =>
      execute(native, 'ReluGrad', [floatType(native)], [gradient, output]),
  };
}
