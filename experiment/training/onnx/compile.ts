/**
 * Compiles a model into one ONNX graph for training (forward, loss, backward and update) and one
 * for evaluation. Every size is fixed, the batch's too: a smaller last batch of an epoch gets a
 * graph of its own. How layers become operators is up to the layout (layout.ts).
 */

import type { Model } from '../../models/model.ts';
import type { SgdOptions } from '../engine.ts';
import { GraphBuilder } from './graph-builder.ts';
import { type Layout, lookUp, type Values } from './layout.ts';
import { type LoweredLoss, lowerCorrectCount, lowerLoss, lowerLossGradient } from './loss.ts';
import type { OnnxGraph } from './model-proto.ts';
import {
  lowerPacking,
  lowerUnpacking,
  type Pack,
  packState,
  type StatePacks,
} from './state-packs.ts';
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
 * Names of the graphs' inputs and outputs; weights and statistics go in under the names of their packs
 * (state-packs.ts).
 */
export const LEARNING_RATE = 'learning_rate';
export const LOGITS = 'logits';
/** Number = pixel · scale + shift; [C] and [C, 1, 1]. */
export const PIXEL_SCALE = 'pixel_scale';
export const PIXEL_SHIFT = 'pixel_shift';
export const imagesOf = (step: number): string => `images.${step}`;
export const labelsOf = (step: number): string => `labels.${step}`;
export const lossOf = (step: number): string => `loss.${step}`;
export const correctOf = (step: number): string => `correct.${step}`;
/** The input with the velocity of a pack. */
export const velocityOf = (pack: string): string => `${pack}.velocity`;
/** The output with the next value of a weight, velocity or statistic. */
export const nextOf = (name: string): string => `${name}.next`;

/** The ONNX values that one step leaves to the next, by the names of their packs. */
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
  const packs = packState(model, layout);
  let state: State = {
    weights: declare(graph, packs.parameters),
    velocities: declare(graph, packs.parameters, velocityOf),
    statistics: declare(graph, packs.statistics),
  };
  for (let step = 0; step < options.steps; step += 1) {
    state = lowerStep(graph, model, packs, state, step, options);
  }
  const expose = ({ name, shape }: Pack, values: Values, nameOf = (each: string) => each): void =>
    graph.output(nextOf(nameOf(name)), 'float32', shape, lookUp(values, name));
  for (const pack of packs.parameters) {
    expose(pack, state.weights);
    expose(pack, state.velocities, velocityOf);
  }
  for (const pack of packs.statistics) expose(pack, state.statistics);
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
  const packs = packState(model, layout);
  const read = (tensors: readonly Pack[]): Values =>
    lowerUnpacking(graph, tensors, declare(graph, tensors));
  const { images, labels } = declareBatch(graph, model, options, 0);
  const { logits } = layout.lowerForward(graph, model, {
    mode: 'evaluation',
    batchSize,
    images,
    weights: read(packs.parameters),
    statistics: read(packs.statistics),
  });
  graph.output(LOGITS, 'float32', [batchSize, model.classCount], logits);
  const loss = lowerLoss(graph, logits, labels, model.classCount);
  lowerResults(graph, { loss, logits, labels }, 0);
  return graph.build(`${model.name} evaluation`);
}

/** The values of the packs, by their names. */
function declare(
  graph: GraphBuilder,
  packs: readonly Pack[],
  nameOf = (name: string) => name,
): Values {
  return new Map(
    packs.map(({ name, shape }) => [name, graph.input(nameOf(name), 'float32', shape)]),
  );
}

function declareNormalization(graph: GraphBuilder, { inputShape: [channels = 1] }: Model): void {
  graph.input(PIXEL_SCALE, 'float32', [channels]);
  graph.input(PIXEL_SHIFT, 'float32', [channels, 1, 1]);
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

/** DequantizeLinear casts and multiplies in one pass. */
function lowerNormalization(graph: GraphBuilder, pixels: string): string {
  const scaled = graph.node('DequantizeLinear', [pixels, PIXEL_SCALE], { axis: { int: 1 } });
  return graph.node('Add', [scaled, PIXEL_SHIFT]);
}

function lowerStep(
  graph: GraphBuilder,
  model: Model,
  packs: StatePacks,
  { weights, velocities, statistics }: State,
  step: number,
  options: TrainingOptions,
): State {
  const { layout, batchSize, sgd, steps } = options;
  const { images, labels } = declareBatch(graph, model, options, step);
  const lowered = layout.lowerForward(graph, model, {
    mode: 'training',
    batchSize,
    images,
    weights: lowerUnpacking(graph, packs.parameters, weights),
    statistics: lowerUnpacking(graph, packs.statistics, statistics),
  });
  const { logits } = lowered;
  const loss = lowerLoss(graph, logits, labels, model.classCount);
  lowerResults(graph, { loss, logits, labels }, step);
  const gradients = lowered.lowerBackward(lowerLossGradient(graph, loss, batchSize));
  const nextWeights = new Map<string, string>();
  const nextVelocities = new Map<string, string>();
  for (const pack of packs.parameters) {
    const { name, members } = pack;
    const inputs = {
      weight: lookUp(weights, name),
      velocity: lookUp(velocities, name),
      gradient: lowerPacking(graph, pack, gradients),
      learningRate: LEARNING_RATE,
    };
    const next = lowerUpdate(graph, sgd, inputs, {
      addScaled: members.length === 1 ? members[0]?.storage.addScaled : undefined,
      isFirst: step === 0,
      isLast: step === steps - 1,
    });
    nextWeights.set(name, next.weight);
    nextVelocities.set(name, next.velocity);
  }
  const nextStatistics = new Map(
    packs.statistics.map((pack) => [
      pack.name,
      lowerPacking(graph, pack, lowered.nextStatistics) ?? lookUp(statistics, pack.name),
    ]),
  );
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
