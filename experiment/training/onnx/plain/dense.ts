/** Lowers dense layers: one Gemm forward, two back. */

import type { Dense } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { lookUp } from '../layout.ts';
import { addTo, type LoweredPlainLayer, type PlainPass } from './lowered-layer.ts';

/** Lowers x Wᵀ + b. The momentum is folded into the Gemm that gives the gradient of the weights. */
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
    lowerGradients: (gradient, { addendOf, inputsWanted }) => {
      const { value, factor } = addendOf(weightName);
      const weightSum = graph.node('Gemm', [gradient, input, value], {
        transA: { int: 1 },
        beta: { float: factor },
      });
      const total = graph.node('ReduceSum', [gradient, graph.int64s([0])], {
        keepdims: { int: 0 },
      });
      return {
        inputs: inputsWanted ? [graph.node('Gemm', [gradient, weight])] : [],
        parameters: [
          [weightName, weightSum],
          [biasName, addTo(graph, addendOf(biasName), total)],
        ],
      };
    },
  };
}
