/** Lowers the backward pass: the gradient of the loss for every parameter, added to a given value. */

import { INPUT, inputOf, inputShapeOf, type Model, type PlacedLayer } from '../../models/model.ts';
import { lookUp, type Values } from './forward.ts';
import type { GraphBuilder } from './graph-builder.ts';

/**
 * What a parameter's gradient is added to: `factor` · `value`. Gemm does that addition on its way,
 * so the momentum is folded into the product that gives the gradient.
 */
export interface Addend {
  readonly value: string;
  readonly factor: number;
}

export interface BackwardOptions {
  readonly weights: Values;
  /** The ONNX values of the forward pass. */
  readonly activations: Values;
  /** ONNX value: the gradient of the loss for the logits, [batch, classes]. */
  readonly logitsGradient: string;
  /** What the gradient of the parameter of this name is added to. */
  readonly addendOf: (parameter: string) => Addend;
}

/** Lowers the gradients from the last layer to the first. Returns, by parameter, the sums. */
export function lowerBackward(graph: GraphBuilder, model: Model, options: BackwardOptions): Values {
  const sums = new Map<string, string>();
  let gradient = options.logitsGradient;
  for (const layer of model.layers.toReversed()) {
    for (const [name, sum] of lowerParameterSums(graph, layer, gradient, options)) {
      sums.set(name, sum);
    }
    if (!isTrainedBefore(model, layer)) break;
    gradient = lowerInputGradient(graph, layer, gradient, options);
  }
  return sums;
}

/** True where some layer before this one is trained: else nobody needs its input's gradient. */
function isTrainedBefore(model: Model, layer: PlacedLayer): boolean {
  if (layer.inputs.includes(INPUT)) return false;
  const before = model.layers.slice(0, model.layers.indexOf(layer));
  return before.some((other) => other.parameters.length > 0);
}

function lowerParameterSums(
  graph: GraphBuilder,
  placed: PlacedLayer,
  gradient: string,
  { activations, addendOf }: BackwardOptions,
): readonly (readonly [parameter: string, sum: string])[] {
  const { layer } = placed;
  if (layer.kind !== 'dense') return [];
  const weight = `${layer.name}.weight`;
  const { value, factor } = addendOf(weight);
  const weightSum = graph.node('Gemm', [gradient, lookUp(activations, inputOf(placed)), value], {
    transA: { int: 1 },
    beta: { float: factor },
  });
  const bias = `${layer.name}.bias`;
  const addend = addendOf(bias);
  const scaled = graph.node('Mul', [addend.value, graph.floats([addend.factor], [])]);
  const total = graph.node('ReduceSum', [gradient, graph.int64s([0])], { keepdims: { int: 0 } });
  const biasSum = graph.node('Add', [scaled, total]);
  return [
    [weight, weightSum],
    [bias, biasSum],
  ];
}

function lowerInputGradient(
  graph: GraphBuilder,
  placed: PlacedLayer,
  gradient: string,
  { weights, activations }: BackwardOptions,
): string {
  const { layer, output } = placed;
  switch (layer.kind) {
    case 'flatten':
      return graph.node('Reshape', [gradient, graph.int64s([-1, ...inputShapeOf(placed)])]);
    case 'dense':
      return graph.node('Gemm', [gradient, lookUp(weights, `${layer.name}.weight`)]);
    case 'relu': {
      const mask = graph.node('Sign', [lookUp(activations, output)]);
      return graph.node('Mul', [gradient, mask]);
    }
    default:
      throw new Error(`the engine does not train ${layer.kind} layers`);
  }
}
