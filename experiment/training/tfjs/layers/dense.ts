/** Runs dense layers. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Dense } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { LayerPass, TensorPass } from './layer-pass.ts';

/** Runs x Wᵀ + b, with W of [units, features]. */
export function runDense(
  { tf, tensorOf }: TensorPass,
  placed: Placed<Dense>,
  input: Tensor,
): LayerPass {
  const { name } = placed.layer;
  const weight = tensorOf(`${name}.weight`);
  const products = tf.matMul(input, weight, false, true);
  const output = tf.add(products, tensorOf(`${name}.bias`));
  products.dispose();
  return {
    output,
    gradients: (gradient, inputsWanted) => ({
      inputs: inputsWanted ? [tf.matMul(gradient, weight)] : [],
      parameters: {
        [`${name}.weight`]: tf.matMul(gradient, input, true, false),
        [`${name}.bias`]: tf.sum(gradient, 0),
      },
    }),
  };
}
