/**
 * Compiles a model into one ONNX graph for training (forward, loss, backward and update) and one
 * for evaluation. Every size is fixed, the batch's too: a smaller last batch of an epoch gets a
 * graph of its own. How layers become operators is up to the layout (layout.ts).
 */

import type { Model } from '../../models/model.ts';
import type { Parameter, Statistic } from '../../models/parameters.ts';
import type { SgdOptions } from '../engine.ts';
import { GraphBuilder } from './graph-builder.ts';
import { type Layout, lookUp, type Values } from './layout.ts';
import { type LoweredLoss, lowerCorrectCount, lowerLoss, lowerLossGradient } from './loss.ts';
import { DATA_TYPES, type OnnxGraph } from './model-proto.ts';
import { lowerUpdate } from './update.ts';

export interface TrainingOptions {
  readonly layout: Layout;
  readonly batchSize: number;
  /** Whether the images are pixels, which the graph normalises. */
  readonly pixels: boolean;
  /** How many steps, each on a batch of its own, one run of the graph makes. */
  readonly steps: number;
  readonly sgd: SgdOptions;
}

export type EvaluationOptions = Pick<TrainingOptions, 'layout' | 'batchSize' | 'pixels'>;

/**
 * Names of the graphs' inputs and outputs; weights and statistics go in under the names of their
 * tensors.
 */
export const LEARNING_RATE = 'learning_rate';
export const LOGITS = 'logits';
/** Number = pixel · scale + shift; both [C, 1, 1]. */
export const PIXEL_SCALE = 'pixel_scale';
export const PIXEL_SHIFT = 'pixel_shift';
export const imagesOf = (step: number): string => `images.${step}`;
export const labelsOf = (step: number): string => `labels.${step}`;
export const lossOf = (step: number): string => `loss.${step}`;
export const correctOf = (step: number): string => `correct.${step}`;
/** The input with the velocity of a parameter. */
export const velocityOf = (parameter: string): string => `${parameter}.velocity`;
/** The output with the next value of a weight, velocity or statistic. */
export const nextOf = (name: string): string => `${name}.next`;

/** The ONNX values that one step leaves to the next. */
interface State {
  readonly weights: Values;
  readonly velocities: Values;
  readonly statistics: Values;
}

/**
 * Compiles steps of SGD with momentum. Inputs: for each step images [batch, C, H, W] (float32, or
 * uint8 with scale and shift) and labels (int32 [batch]); the learning rate (a scalar); weights,
 * velocities and statistics, stored as the layout says. Outputs: for each step the mean loss and the
 * number of correct answers before its update (scalars); the next weights, velocities and statistics.
 * Several steps a run save the copying of weights out and in again between them.
 */
export function compileTraining(model: Model, options: TrainingOptions): OnnxGraph {
  const graph = new GraphBuilder();
  const { layout } = options;
  graph.input(LEARNING_RATE, 'float32', []);
  if (options.pixels) declareNormalization(graph, model);
  const tensors = { graph, layout, model };
  let state: State = {
    weights: declare(tensors, model.parameters),
    velocities: declare(tensors, model.parameters, velocityOf),
    statistics: declare(tensors, model.statistics),
  };
  for (let step = 0; step < options.steps; step += 1) {
    state = lowerStep(graph, model, state, step, options);
  }
  const expose = (
    tensor: Parameter | Statistic,
    values: Values,
    nameOf = (name: string) => name,
  ): void => {
    const { shape } = layout.storageOf(model, tensor);
    graph.output(nextOf(nameOf(tensor.name)), 'float32', shape, lookUp(values, tensor.name));
  };
  for (const parameter of model.parameters) {
    expose(parameter, state.weights);
    expose(parameter, state.velocities, velocityOf);
  }
  for (const statistic of model.statistics) expose(statistic, state.statistics);
  return graph.build(`${model.name} training`);
}

/**
 * Compiles the evaluation of a batch. Inputs: images, labels, weights, statistics. Outputs: the
 * logits [batch, classes], the mean loss and the number of correct answers.
 */
export function compileEvaluation(model: Model, options: EvaluationOptions): OnnxGraph {
  const { layout, batchSize } = options;
  const graph = new GraphBuilder();
  if (options.pixels) declareNormalization(graph, model);
  const tensors = { graph, layout, model };
  const weights = declare(tensors, model.parameters);
  const statistics = declare(tensors, model.statistics);
  const { images, labels } = declareBatch(graph, model, options, 0);
  const { logits } = layout.lowerForward(graph, model, {
    mode: 'evaluation',
    batchSize,
    images,
    weights,
    statistics,
  });
  graph.output(LOGITS, 'float32', [batchSize, model.classCount], logits);
  const loss = lowerLoss(graph, logits, labels, model.classCount);
  lowerResults(graph, { loss, logits, labels }, 0);
  return graph.build(`${model.name} evaluation`);
}

function declare(
  { graph, layout, model }: { graph: GraphBuilder; layout: Layout; model: Model },
  tensors: readonly (Parameter | Statistic)[],
  nameOf = (name: string) => name,
): Values {
  return new Map(
    tensors.map((tensor) => {
      const { shape } = layout.storageOf(model, tensor);
      return [tensor.name, graph.input(nameOf(tensor.name), 'float32', shape)];
    }),
  );
}

function declareNormalization(graph: GraphBuilder, { inputShape: [channels = 1] }: Model): void {
  for (const name of [PIXEL_SCALE, PIXEL_SHIFT]) graph.input(name, 'float32', [channels, 1, 1]);
}

function declareBatch(
  graph: GraphBuilder,
  model: Model,
  { batchSize, pixels }: EvaluationOptions,
  step: number,
) {
  const type = pixels ? 'uint8' : 'float32';
  const images = graph.input(imagesOf(step), type, [batchSize, ...model.inputShape]);
  const labels = graph.input(labelsOf(step), 'int32', [batchSize]);
  return { images: pixels ? lowerNormalization(graph, images) : images, labels };
}

function lowerNormalization(graph: GraphBuilder, pixels: string): string {
  const numbers = graph.node('Cast', [pixels], { to: { int: DATA_TYPES.float32 } });
  return graph.node('Add', [graph.node('Mul', [numbers, PIXEL_SCALE]), PIXEL_SHIFT]);
}

function lowerStep(
  graph: GraphBuilder,
  model: Model,
  { weights, velocities, statistics }: State,
  step: number,
  options: TrainingOptions,
): State {
  const { layout, batchSize, sgd } = options;
  const { images, labels } = declareBatch(graph, model, options, step);
  const lowered = layout.lowerForward(graph, model, {
    mode: 'training',
    batchSize,
    images,
    weights,
    statistics,
  });
  const { logits, nextStatistics } = lowered;
  const loss = lowerLoss(graph, logits, labels, model.classCount);
  lowerResults(graph, { loss, logits, labels }, step);
  const gradients = lowered.lowerBackward(lowerLossGradient(graph, loss, batchSize));
  const nextWeights = new Map<string, string>();
  const nextVelocities = new Map<string, string>();
  for (const { name } of model.parameters) {
    const next = lowerUpdate(graph, sgd, {
      weight: lookUp(weights, name),
      velocity: lookUp(velocities, name),
      gradient: gradients.get(name),
      learningRate: LEARNING_RATE,
    });
    nextWeights.set(name, next.weight);
    nextVelocities.set(name, next.velocity);
  }
  return { weights: nextWeights, velocities: nextVelocities, statistics: nextStatistics };
}

/** Makes the mean loss and the number of correct answers outputs of this step. */
function lowerResults(
  graph: GraphBuilder,
  values: { readonly loss: LoweredLoss; readonly logits: string; readonly labels: string },
  step: number,
): void {
  const mean = graph.node('ReduceMean', [values.loss.losses], { keepdims: { int: 0 } });
  graph.output(lossOf(step), 'float32', [], mean);
  const correct = lowerCorrectCount(graph, values.logits, values.labels);
  graph.output(correctOf(step), 'float32', [], correct);
}
