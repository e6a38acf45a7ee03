/** Lowers a model's layers to ONNX operators, in the plain layout: [N, C, H, W] and [N, features]. */

import { INPUT, inputOf, type Model, type PlacedLayer } from '../../models/model.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** Names of ONNX values, by what they hold: a layer's output, a parameter, a velocity. */
export type Values = ReadonlyMap<string, string>;

/** The ONNX value that holds this. Throws where nothing does: layers out of order. */
export function lookUp(values: Values, name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new Error(`nothing holds the value ${name} yet`);
  return value;
}

/** The ONNX value of the model's logits, [batch, classes]. */
export function logitsOf(model: Model, activations: Values): string {
  const last = model.layers.at(-1);
  if (last === undefined) throw new Error(`model ${model.name} has no layers`);
  return lookUp(activations, last.output);
}

/**
 * Lowers all layers on the ONNX value `images`, [batch, C, H, W]. Returns the ONNX values of the
 * input and of every layer's output.
 */
export function lowerForward(
  graph: GraphBuilder,
  model: Model,
  images: string,
  weights: Values,
): Values {
  const activations = new Map([[INPUT, images]]);
  for (const layer of model.layers) {
    const input = lookUp(activations, inputOf(layer));
    activations.set(layer.output, lowerLayer(graph, layer, input, weights));
  }
  return activations;
}

function lowerLayer(
  graph: GraphBuilder,
  { layer }: PlacedLayer,
  input: string,
  weights: Values,
): string {
  switch (layer.kind) {
    case 'flatten':
      return graph.node('Flatten', [input], { axis: { int: 1 } });
    case 'dense': {
      const weight = lookUp(weights, `${layer.name}.weight`);
      const bias = lookUp(weights, `${layer.name}.bias`);
      return graph.node('Gemm', [input, weight, bias], { transB: { int: 1 } });
    }
    case 'relu':
      return graph.node('Relu', [input]);
    default:
      throw new Error(`the engine does not train ${layer.kind} layers`);
  }
}
