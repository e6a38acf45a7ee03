/** Runs a layer of any kind. */

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { INPUT, type PlacedLayer } from '../../../models/model.ts';
import { runBatchNorm } from './batch-norm.ts';
import { runConvolution } from './convolution.ts';
import { runDense } from './dense.ts';
import { computeInputGradient, type LayerPass, type TensorPass } from './layer-pass.ts';
import { runGlobalAveragePool, runMaxPool } from './pooling.ts';
import { runResponseNorm } from './response-norm.ts';

/**
 * Runs a layer forward on its inputs.
 *
 * @throws RangeError without an input
 */
export function runLayer(
  pass: TensorPass,
  placed: PlacedLayer,
  inputs: readonly Tensor[],
): LayerPass {
  const { tf, kernels } = pass;
  const { layer } = placed;
  const [input] = inputs;
  if (input === undefined) throw new RangeError(`${placed.output} has no input`);
  switch (layer.kind) {
    case 'dense':
      return runDense(pass, { ...placed, layer }, input);
    case 'conv':
      return runConvolution(pass, { ...placed, layer }, input);
    case 'batchNorm':
      return runBatchNorm(pass, { ...placed, layer }, input);
    case 'maxPool':
      return runMaxPool(pass, { ...placed, layer }, input);
    case 'globalAveragePool':
      return runGlobalAveragePool(pass, input);
    case 'localResponseNorm':
      return runResponseNorm(pass, { ...placed, layer }, input);
    case 'flatten':
      return runFlatten(pass, placed, input);
    case 'relu': {
      const output = tf.relu(input);
      const gradient = (above: Tensor) => kernels.reluGradient(above, output);
      return { output, gradients: computeInputGradient(gradient) };
    }
    case 'add':
      return {
        output: addAll(pass, inputs),
        gradients: (gradient) => ({ inputs: inputs.map(() => gradient.clone()), parameters: {} }),
      };
    case 'concat': {
      // Channels are the last axis of a map, and a vector's only one.
      const axis = input.rank - 1;
      const sizes = placed.inputShapes.map(([channels = 0]) => channels);
      return {
        output: tf.concat([...inputs], axis),
        gradients: (gradient) => ({ inputs: tf.split(gradient, sizes, axis), parameters: {} }),
      };
    }
  }
}

function addAll({ tf }: TensorPass, [first, ...others]: readonly Tensor[]): Tensor {
  if (first === undefined) throw new RangeError('add has no inputs');
  return tf.tidy(() => others.reduce((sum, term) => tf.add(sum, term), first.clone()));
}

/** Lays a map out in the order channel, row, column, whichever way it lies. */
function runFlatten(pass: TensorPass, { inputs, shape }: PlacedLayer, input: Tensor): LayerPass {
  const { tf } = pass;
  const [batch = 0] = input.shape;
  const rows = [batch, ...shape];
  if (input.rank < 4 || (pass.imagesChannelsFirst && inputs[0] === INPUT)) {
    return {
      output: tf.reshape(input, rows),
      gradients: computeInputGradient((gradient) => tf.reshape(gradient, input.shape)),
    };
  }
  const [, height, width, channels] = (input as Tensor4D).shape;
  const turned = tf.transpose(input, [0, 3, 1, 2]);
  const output = tf.reshape(turned, rows);
  turned.dispose();
  return {
    output,
    gradients: computeInputGradient((gradient) =>
      tf.transpose(tf.reshape(gradient, [batch, channels, height, width]), [0, 2, 3, 1]),
    ),
  };
}
