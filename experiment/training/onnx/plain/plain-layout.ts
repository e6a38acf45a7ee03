/**
 * The plain layout: activations are [N, C, H, W] and [N, features], parameters lie as PyTorch's, and
 * every layer becomes operators of ONNX itself, which every build of onnxruntime has.
 */

import { cancelledBiases } from '../../../models/cancelled-biases.ts';
import { INPUT, inputShapeOf, type Model, type PlacedLayer } from '../../../models/model.ts';
import { trainedValues } from '../../../models/trained-values.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import {
  type ForwardOptions,
  type Layout,
  type LoweredModel,
  lookUp,
  type Values,
} from '../layout.ts';
import { stableThreads } from '../threads.ts';
import { findTurnedValues } from '../turned-values.ts';
import { lowerBatchNorm } from './batch-norm.ts';
import { lowerConvolution } from './convolution.ts';
import { lowerDense } from './dense.ts';
import { type LoweredPlainLayer, lowerInputGradient, type PlainPass } from './lowered-layer.ts';
import { lowerGlobalAveragePool, lowerMaxPool } from './pooling.ts';
import { lowerResponseNorm } from './response-norm.ts';

/** A model lowered in the plain layout. */
export interface PlainModel extends LoweredModel {
  /** The ONNX values of the input and of every layer's output. */
  readonly activations: Values;
}

export const PLAIN_LAYOUT: Layout = {
  name: 'plain',
  stableThreads,
  storageOf: (_, { shape }) => ({
    shape,
    pack: (values, stored) => stored.set(values),
    unpack: (stored, values) => values.set(stored),
  }),
  lowerForward: lowerPlainForward,
};

/** Lowers all layers in their order. */
export function lowerPlainForward(
  graph: GraphBuilder,
  model: Model,
  options: ForwardOptions,
): PlainModel {
  const turned = findTurnedValues(model, options.batchSize);
  const pass = { ...options, graph, turned, cancelled: cancelledBiases(model) };
  const activations = new Map([[INPUT, options.images]]);
  const nextStatistics = new Map<string, string>();
  const lowered: (readonly [PlacedLayer, LoweredPlainLayer])[] = [];
  for (const placed of model.layers) {
    const inputs = placed.inputs.map((input) => lookUp(activations, input));
    const layer = lowerLayer(pass, placed, inputs);
    activations.set(placed.output, layer.output);
    for (const [name, value] of layer.nextStatistics ?? []) nextStatistics.set(name, value);
    lowered.push([placed, layer]);
  }
  return {
    logits: lookUp(activations, model.layers.at(-1)?.output ?? INPUT),
    nextStatistics,
    activations,
    lowerBackward: (gradient) => lowerPlainBackward(graph, lowered, gradient),
  };
}

/**
 * Lowers the gradients from the last layer to the first; a value that several layers read gets the
 * sum of what each of them says.
 */
function lowerPlainBackward(
  graph: GraphBuilder,
  lowered: readonly (readonly [PlacedLayer, LoweredPlainLayer])[],
  logitsGradient: string,
): Values {
  const trained = trainedValues(lowered.map(([placed]) => placed));
  const gradients = new Map([[lowered.at(-1)?.[0].output ?? INPUT, logitsGradient]]);
  const ofParameters = new Map<string, string>();
  for (const [placed, layer] of lowered.toReversed()) {
    if (!trained.has(placed.output)) continue;
    const inputsWanted = placed.inputs.some((input) => trained.has(input));
    const gradient = lookUp(gradients, placed.output);
    const { inputs, parameters } = layer.lowerGradients(gradient, { inputsWanted });
    for (const [name, value] of parameters) ofParameters.set(name, value);
    for (const [index, value] of inputs.entries()) {
      const input = placed.inputs[index] ?? INPUT;
      const known = gradients.get(input);
      gradients.set(input, known === undefined ? value : graph.node('Add', [known, value]));
    }
  }
  return ofParameters;
}

function lowerLayer(
  pass: PlainPass,
  placed: PlacedLayer,
  inputs: readonly string[],
): LoweredPlainLayer {
  const { graph, batchSize } = pass;
  const { layer } = placed;
  const [input = ''] = inputs;
  switch (layer.kind) {
    case 'dense':
      return lowerDense(pass, { ...placed, layer }, input);
    case 'conv':
      return lowerConvolution(pass, { ...placed, layer }, input);
    case 'batchNorm':
      return lowerBatchNorm(pass, { ...placed, layer }, input);
    case 'maxPool':
      return lowerMaxPool(pass, { ...placed, layer }, input);
    case 'globalAveragePool':
      return lowerGlobalAveragePool(pass, { ...placed, layer }, input);
    case 'localResponseNorm':
      return lowerResponseNorm(pass, { ...placed, layer }, input);
    case 'flatten':
      return {
        output: graph.node('Flatten', [input], { axis: { int: 1 } }),
        lowerGradients: lowerInputGradient((gradient) =>
          graph.node('Reshape', [gradient, graph.int64s([batchSize, ...inputShapeOf(placed)])]),
        ),
      };
    case 'relu': {
      const output = graph.node('Relu', [input]);
      return {
        output,
        lowerGradients: lowerInputGradient((gradient) =>
          graph.node('Mul', [gradient, graph.node('Sign', [output])]),
        ),
      };
    }
    case 'add':
      return {
        output: inputs.reduce((sum, term) => graph.node('Add', [sum, term])),
        lowerGradients: (gradient) => ({ inputs: inputs.map(() => gradient), parameters: [] }),
      };
    case 'concat':
      return lowerConcat(pass, placed, inputs);
  }
}

function lowerConcat(
  { graph }: PlainPass,
  { inputShapes }: PlacedLayer,
  inputs: readonly string[],
): LoweredPlainLayer {
  const axis = { int: 1 };
  const channels = graph.int64s(inputShapes.map(([size = 0]) => size));
  return {
    output: graph.node('Concat', inputs, { axis }),
    lowerGradients: (gradient) => ({
      inputs: graph.nodes('Split', [gradient, channels], inputs.length, { axis }),
      parameters: [],
    }),
  };
}
