/** Runs convolutions, and their gradients for input and filters. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conv } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { LayerPass, TensorPass } from './layer-pass.ts';
import { addFrame, hasFrame, removeFrame, spreadWindows, windowOf } from './window.ts';

const POSITIONS = [0, 1, 2];

/** Runs a convolution, with or without bias. */
export function runConvolution(pass: TensorPass, placed: Placed<Conv>, input: Tensor): LayerPass {
  const { kernel, stride } = placed.layer;
  return kernel === 1 && stride > 1
    ? runStridedPointwise(pass, placed, input)
    : runWindows(pass, placed, input);
}

/**
 * Runs a 1×1 convolution on the pixels that its stride meets. Left to TensorFlow 2.21, the gradient
 * for the filters writes beyond its memory for some batches (5 of 28×28×8 to 24 channels).
 */
function runStridedPointwise(pass: TensorPass, placed: Placed<Conv>, input: Tensor): LayerPass {
  const { tf } = pass;
  const { stride } = placed.layer;
  const [, rows = 0, columns = 0] = placed.shape;
  const [batch = 0, height = 0, width = 0, channels = 0] = input.shape;
  const met = tf.stridedSlice(
    input,
    [0, 0, 0, 0],
    [batch, height, width, channels],
    [1, stride, stride, 1],
  );
  const layer: Conv = { ...placed.layer, stride: 1 };
  const inner = runWindows(
    pass,
    { ...placed, layer, inputShapes: [[channels, rows, columns]] },
    met,
  );
  return {
    ...inner,
    saved: [met, ...(inner.saved ?? [])],
    gradients: (gradient, inputsWanted) => {
      const { inputs, parameters } = inner.gradients(gradient, inputsWanted);
      const spread = inputs.map((each) => spreadWindows(tf, each, stride, [height, width]));
      return { inputs: spread, parameters };
    },
  };
}

function runWindows(pass: TensorPass, placed: Placed<Conv>, input: Tensor): LayerPass {
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
