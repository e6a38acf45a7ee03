/** Lowers dense layers in the plain layout. */

import type { Dense } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { lowerDense as lower } from '../dense.ts';
import { lookUp } from '../layout.ts';
import type { LoweredPlainLayer, PlainPass } from './lowered-layer.ts';

/** Lowers x Wᵀ + b. */
export function lowerDense(
  pass: PlainPass,
  placed: Placed<Dense>,
  input: string,
): LoweredPlainLayer {
  const { name } = placed.layer;
  const lowered = lower(pass, placed, {
    input,
    weight: lookUp(pass.weights, `${name}.weight`),
    bias: lookUp(pass.weights, `${name}.bias`),
  });
  return {
    output: lowered.output,
    lowerGradients: (gradient, { inputsWanted }) => ({
      parameters: lowered.lowerParameters(gradient),
      inputs: inputsWanted ? [lowered.lowerInput(gradient)] : [],
    }),
  };
}
