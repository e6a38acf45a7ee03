/** Runs max-pools and global average pools. */

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { MaxPool } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { computeInputGradient, type LayerPass, type TensorPass } from './layer-pass.ts';
import { addFrame, hasFrame, removeFrame, windowOf } from './window.ts';

/** Runs a max-pool. Of equal values the first is the maximum, row by row, as in PyTorch. */
export function runMaxPool({ tf }: TensorPass, placed: Placed<MaxPool>, input: Tensor): LayerPass {
  const { attributes, frame } = windowOf(placed);
  const window = { ...attributes, filterSize: placed.layer.kernel };
  const framed = addFrame(tf, input, frame, Number.NEGATIVE_INFINITY);
  const engine = tf.engine();
  const output: Tensor = engine.runKernel('MaxPool', { x: framed }, window);
  return {
    output,
    saved: hasFrame(frame) ? [framed] : [],
    gradients: computeInputGradient((gradient) => {
      const inputs = { dy: gradient, input: framed, output };
      return removeFrame(tf, engine.runKernel('MaxPoolGrad', inputs, window), frame);
    }),
  };
}

/** Runs the mean of each channel: [N, H, W, C] to [N, C]. */
export function runGlobalAveragePool({ tf }: TensorPass, input: Tensor): LayerPass {
  const [batch, height, width, channels] = (input as Tensor4D).shape;
  return {
    output: tf.mean(input, [1, 2]),
    gradients: computeInputGradient((gradient) => {
      const share = tf.reshape(tf.div(gradient, height * width), [batch, 1, 1, channels]);
      return tf.tile(share, [1, height, width, 1]);
    }),
  };
}
