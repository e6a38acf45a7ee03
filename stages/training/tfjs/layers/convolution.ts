/** Runs convolutions, and their gradients for input and filters. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conv } from '../../../models/layers.ts';
import type { LayerPass, Pass, Placed } from './layer-pass.ts';
import { addFrame, hasFrame, removeFrame, windowOf } from './window.ts';

const POSITIONS = [0, 1, 2];

/** Runs a convolution, with or without bias. */
export function runConvolution(pass: Pass, placed: Placed<Conv>, input: Tensor): LayerPass {
  const { tf, kernels, tensorOf, cancelled } = pass;
  const { name, bias } = placed.layer;
  const [weightName, biasName] = [`${name}.weight`, `${name}.bias`];
  const window = windowOf(placed);
  const { attributes, frame } = window;
  const filter = tensorOf(weightName);
  const framed = addFrame(tf, input, frame, 0);
  const engine = tf.engine();
  const sums: Tensor = engine.runKernel('Conv2D', { x: framed, filter }, attributes);
  const output = bias ? tf.add(sums, tensorOf(biasName)) : sums;
  if (bias) sums.dispose();
  return {
    output,
    saved: hasFrame(frame) ? [framed] : [],
    gradients: (gradient, inputsWanted) => {
      const parameters: { [name: string]: Tensor } = {
        [weightName]: kernels.filterGradient(gradient, framed, filter, window),
      };
      if (bias) {
        parameters[biasName] = cancelled.has(biasName)
          ? tf.zerosLike(tensorOf(biasName))
          : tf.sum(gradient, POSITIONS);
      }
      if (!inputsWanted) return { inputs: [], parameters };
      const inputGradient: Tensor = engine.runKernel(
        'Conv2DBackpropInput',
        { dy: gradient, filter },
        { ...attributes, inputShape: framed.shape },
      );
      return { inputs: [removeFrame(tf, inputGradient, frame)], parameters };
    },
  };
}
