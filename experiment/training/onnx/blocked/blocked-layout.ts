/**
 * The blocked layout: feature maps and filters lie as onnxruntime's own fast convolution wants them
 * (layout.ts), and every layer becomes the primitives of this folder.
 */

import { cancelledBiases } from '../../../models/cancelled-biases.ts';
import { INPUT, type Model, type PlacedLayer } from '../../../models/model.ts';
import { trainedValues } from '../../../models/trained-values.ts';
import {
  type ForwardOptions,
  type Layout,
  type LoweredModel,
  lookUp,
  type Values,
} from '../layout.ts';
import { stableDenseThreads } from '../threads.ts';
import { findTurnedValues } from '../turned-values.ts';
import type { Blocks } from './blocks.ts';
import { findFusions } from './fusions.ts';
import { lowerBatchNorm } from './lower-batch-norm.ts';
import { lowerConvolution } from './lower-convolution.ts';
import { lowerDense, lowerFlatten, lowerGlobalAveragePool } from './lower-features.ts';
import { lowerAdd, lowerConcat, lowerMaxPool, lowerRelu, lowerResponseNorm } from './lower-maps.ts';
import type { BlockedPass, LoweredBlockedLayer } from './lowered-layer.ts';
import { Roles } from './roles.ts';
import { blockedStorage } from './storage.ts';
import { prefersStrips } from './strips.ts';
import { type BlockedValue, features, maps, vectorOf } from './values.ts';

/**
 * The layout with this many channels in a block, as the self-test finds it. `inStrips`: whether gradients
 * of filters over large maps are taken in strips; if not given, as this machine prefers. Their sums then
 * differ in the last bits.
 *
 * @throws nothing itself; what it gives throws Error for a model whose layers are out of order
 */
export function blockedLayout(block: number, inStrips = prefersStrips(block)): Layout {
  return {
    name: `blocked by ${block}`,
    // The blocked operators give each output to one thread whole.
    stableThreads: stableDenseThreads,
    storageOf: (model, tensor) => blockedStorage(model, tensor, block),
    lowerForward: (graph, model, options) =>
      lowerForward(model, options, { graph, block }, inStrips),
  };
}

type Lowered = readonly (readonly [PlacedLayer, LoweredBlockedLayer])[];

function lowerForward(
  model: Model,
  options: ForwardOptions,
  blocks: Blocks,
  inStrips: boolean,
): LoweredModel {
  const roles = new Roles(blocks, { inStrips });
  const pass: BlockedPass = {
    ...options,
    model,
    blocks,
    roles,
    fusions: findFusions(model),
    turned: findTurnedValues(model, options.batchSize),
    cancelled: cancelledBiases(model),
  };
  const values = new Map<string, BlockedValue>([[INPUT, images(pass)]]);
  const nextStatistics = new Map<string, string>();
  const lowered = model.layers.map((placed) => {
    const layer = lowerLayer(
      pass,
      placed,
      placed.inputs.map((input) => lookUp(values, input)),
    );
    values.set(placed.output, layer.output);
    for (const [name, value] of layer.nextStatistics ?? []) nextStatistics.set(name, value);
    return [placed, layer] as const;
  });
  return {
    logits: vectorOf(lookUp(values, model.layers.at(-1)?.output ?? INPUT)),
    nextStatistics,
    lowerBackward: (gradient) => lowerBackward(lowered, gradient),
  };
}

/** Lowers the gradients from the last layer to the first. */
function lowerBackward(lowered: Lowered, logitsGradient: string): Values {
  const trained = trainedValues(lowered.map(([placed]) => placed));
  const gradients = new Map<string, BlockedValue>();
  gradients.set(lowered.at(-1)?.[0].output ?? INPUT, features(logitsGradient));
  const ofParameters = new Map<string, string>();
  for (const [placed, layer] of lowered.toReversed()) {
    if (!trained.has(placed.output)) continue;
    const named = layer.lowerGradients(lookUp(gradients, placed.output), {
      passBack: (index, lower) => {
        const input = placed.inputs[index] ?? INPUT;
        if (trained.has(input)) gradients.set(input, lower(gradients.get(input)));
      },
    });
    for (const [name, value] of named) ofParameters.set(name, value);
  }
  return ofParameters;
}

function images({ model, batchSize, images: value }: BlockedPass): BlockedValue {
  const [channels = 0, height = 1, width = 1] = model.inputShape;
  const activation = { value, batch: batchSize, channels, height, width, layout: 'plain' } as const;
  return maps([{ activation, channels }]);
}

function lowerLayer(
  pass: BlockedPass,
  placed: PlacedLayer,
  inputs: readonly BlockedValue[],
): LoweredBlockedLayer {
  const { layer } = placed;
  const [input = features('')] = inputs;
  switch (layer.kind) {
    case 'conv':
      return lowerConvolution(pass, { ...placed, layer }, input);
    case 'batchNorm':
      return lowerBatchNorm(pass, { ...placed, layer }, input);
    case 'relu':
      return lowerRelu(pass, { ...placed, layer }, input);
    case 'maxPool':
      return lowerMaxPool(pass, { ...placed, layer }, input);
    case 'localResponseNorm':
      return lowerResponseNorm(pass, { ...placed, layer }, input);
    case 'globalAveragePool':
      return lowerGlobalAveragePool(pass, input);
    case 'flatten':
      return lowerFlatten(pass, placed, input);
    case 'concat':
      return lowerConcat(pass, inputs);
    case 'add':
      return lowerAdd(pass, inputs);
    case 'dense':
      return lowerDense(pass, { ...placed, layer }, input);
  }
}
