/** Exports a trained model as an `.onnx` file for inference, in operators of ONNX alone. */

import type { DatasetInfo } from '../../data/dataset.ts';
import type { Model } from '../../models/model.ts';
import type { Parameter, Statistic } from '../../models/parameters.ts';
import type { ModelValues, ParameterValues } from '../engine.ts';
import { GraphBuilder } from './graph-builder.ts';
import { encodeModel, type ModelDescription, type OnnxConstant } from './model-proto.ts';
import { lowerPlainForward } from './plain/plain-layout.ts';

/** Names in the file; weights and running statistics have their own. */
const EXPORT_NAMES = {
  images: 'images',
  logits: 'logits',
  mean: 'mean',
  deviation: 'deviation',
} as const;

/** What the size of the batch is called, which every run may choose. */
const BATCH = 'N';
/** Sizes of which a Reshape works out this one: the batch's, whatever it is. */
const ANY_SIZE = -1;

/** A model as it was trained. */
export interface TrainedModel {
  readonly model: Model;
  readonly values: ModelValues;
  /** What its images were normalised by. */
  readonly normalisation: Pick<DatasetInfo, 'mean' | 'deviation'>;
}

/**
 * The bytes of the file; equal ones for an equal model. Input: `images` [N, 3, 28, 28] float32, pixel
 * values divided by 255, which the graph normalises. Output: `logits` [N, classes] float32, as in
 * evaluation. Weights, statistics, `mean` and `deviation` are initializers under those names.
 *
 * @throws RangeError where values of a parameter are missing
 */
export function exportModel(
  { model, values, normalisation }: TrainedModel,
  description: ModelDescription,
): Uint8Array {
  const { images, logits, mean, deviation } = EXPORT_NAMES;
  const graph = new GraphBuilder();
  const declare = (tensors: readonly (Parameter | Statistic)[]) =>
    new Map(tensors.map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]));
  const perChannel = [normalisation.mean.length, 1, 1];
  const pixels = graph.input(images, 'float32', model.inputShape);
  const centred = graph.node('Sub', [pixels, graph.input(mean, 'float32', perChannel)]);
  const normalised = graph.node('Div', [centred, graph.input(deviation, 'float32', perChannel)]);
  const lowered = lowerPlainForward(graph, model, {
    mode: 'evaluation',
    batchSize: ANY_SIZE,
    images: normalised,
    weights: declare(model.parameters),
    statistics: declare(model.statistics),
  });
  graph.output(logits, 'float32', [model.classCount], lowered.logits);

  const { inputs, outputs, constants, ...rest } = graph.build(model.name);
  const known = [
    constantOf(mean, perChannel, Float32Array.from(normalisation.mean)),
    constantOf(deviation, perChannel, Float32Array.from(normalisation.deviation)),
    ...constantsOf(model.parameters, values.weights),
    ...constantsOf(model.statistics, values.statistics),
  ];
  const inBatches = (value: (typeof inputs)[number]) => ({
    ...value,
    shape: [BATCH, ...value.shape],
  });
  return encodeModel(
    {
      ...rest,
      inputs: inputs.filter(({ name }) => name === images).map(inBatches),
      outputs: outputs.map(inBatches),
      constants: [...constants, ...known],
    },
    description,
  );
}

function constantsOf(
  tensors: readonly (Parameter | Statistic)[],
  values: ParameterValues,
): OnnxConstant[] {
  return tensors.map(({ name, shape }) => {
    const found = values.get(name);
    if (found === undefined) throw new RangeError(`there are no values of ${name}`);
    return constantOf(name, shape, found);
  });
}

function constantOf(name: string, shape: readonly number[], values: Float32Array): OnnxConstant {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, type: 'float32', shape, bytes };
}
