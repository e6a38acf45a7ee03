/** Lowers dense layers: one Gemm forward, two back. */

import type { Dense } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { lookUp } from '../layout.ts';
import type { LoweredPlainLayer, PlainPass } from './lowered-layer.ts';

/** Lowers x Wᵀ + b. */
export function lowerDense(
  pass: PlainPass,
  { layer }: Placed<Dense>,
  input: string,
): LoweredPlainLayer {
  const { graph } = pass;
  const [weightName, biasName] = [`${layer.name}.weight`, `${layer.name}.bias`];
  const weight = lookUp(pass.weights, weightName);
  const bias = lookUp(pass.weights, biasName);
  return {
    output: graph.node('Gemm', [input, weight, bias], { transB: { int: 1 } }),
    lowerGradients: (gradient, { inputsWanted }) => {
      const ofWeights = graph.node('Gemm', [gradient, input], { transA: { int: 1 } });
      const total = graph.node('ReduceSum', [gradient, graph.int64s([0])], {
        keepdims: { int: 0 },
      });
      return {
        inputs: inputsWanted ? [graph.node('Gemm', [gradient, weight])] : [],
        parameters: [
          [weightName, ofWeights],
          [biasName, total],
        ],
      };
    },
  };
}
