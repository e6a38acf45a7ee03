/**
 * Compiles a model into one ONNX graph for training (forward, loss, backward and update) and one
 * for evaluation. Every size is fixed, the batch's too: a smaller last batch of an epoch gets a
 * graph of its own.
 */

import type { Model } from '../../models/model.ts';
import type { SgdOptions } from '../engine.ts';
import { type Addend, lowerBackward } from './backward.ts';
import { logitsOf, lookUp, lowerForward, type Values } from './forward.ts';
import { GraphBuilder } from './graph-builder.ts';
import { type LoweredLoss, lowerCorrectCount, lowerLoss, lowerLossGradient } from './loss.ts';
import type { OnnxGraph } from './model-proto.ts';

export interface TrainingOptions {
  readonly batchSize: number;
  /** How many steps, each on a batch of its own, one run of the graph makes. */
  readonly steps: number;
  readonly sgd: SgdOptions;
}

/** Names of the graphs' inputs and outputs; weights go in under the names of their parameters. */
export const LEARNING_RATE = 'learning_rate';
export const LOGITS = 'logits';
export const imagesOf = (step: number): string => `images.${step}`;
export const labelsOf = (step: number): string => `labels.${step}`;
export const lossOf = (step: number): string => `loss.${step}`;
export const correctOf = (step: number): string => `correct.${step}`;
/** The input with the velocity of a parameter. */
export const velocityOf = (parameter: string): string => `${parameter}.velocity`;
/** The output with the next value of a weight or velocity. */
export const nextOf = (name: string): string => `${name}.next`;

/** The ONNX values that one step leaves to the next. */
interface State {
  readonly weights: Values;
  readonly velocities: Values;
}

/**
 * Compiles steps of SGD with momentum. Inputs: for each step images [batch, C, H, W] and labels
 * (int32 [batch]); the learning rate (a scalar); weights and velocities. Outputs: for each step the
 * mean loss and the number of correct answers before its update (scalars); the next weights and
 * velocities. Several steps a run save the copying of weights out and in again between them.
 */
export function compileTraining(model: Model, options: TrainingOptions): OnnxGraph {
  const graph = new GraphBuilder();
  graph.input(LEARNING_RATE, 'float32', []);
  let state: State = {
    weights: declareParameters(graph, model, (name) => name),
    velocities: declareParameters(graph, model, velocityOf),
  };
  for (let step = 0; step < options.steps; step += 1) {
    state = lowerStep(graph, model, state, step, options);
  }
  for (const { name, shape } of model.parameters) {
    graph.output(nextOf(name), 'float32', shape, lookUp(state.weights, name));
    graph.output(nextOf(velocityOf(name)), 'float32', shape, lookUp(state.velocities, name));
  }
  return graph.build(`${model.name} training`);
}

/**
 * Compiles the evaluation of a batch. Inputs: images, labels, weights. Outputs: the logits
 * [batch, classes], the mean loss and the number of correct answers.
 */
export function compileEvaluation(model: Model, batchSize: number): OnnxGraph {
  const graph = new GraphBuilder();
  const weights = declareParameters(graph, model, (name) => name);
  const { images, labels } = declareBatch(graph, model, batchSize, 0);
  const logits = logitsOf(model, lowerForward(graph, model, images, weights));
  graph.output(LOGITS, 'float32', [batchSize, model.classCount], logits);
  const loss = lowerLoss(graph, logits, labels, model.classCount);
  lowerResults(graph, { loss, logits, labels }, 0);
  return graph.build(`${model.name} evaluation`);
}

function declareParameters(
  graph: GraphBuilder,
  model: Model,
  nameOf: (parameter: string) => string,
): Values {
  return new Map(
    model.parameters.map(({ name, shape }) => [name, graph.input(nameOf(name), 'float32', shape)]),
  );
}

function declareBatch(graph: GraphBuilder, model: Model, batchSize: number, step: number) {
  return {
    images: graph.input(imagesOf(step), 'float32', [batchSize, ...model.inputShape]),
    labels: graph.input(labelsOf(step), 'int32', [batchSize]),
  };
}

function lowerStep(
  graph: GraphBuilder,
  model: Model,
  { weights, velocities }: State,
  step: number,
  { batchSize, sgd }: TrainingOptions,
): State {
  const { images, labels } = declareBatch(graph, model, batchSize, step);
  const activations = lowerForward(graph, model, images, weights);
  const logits = logitsOf(model, activations);
  const loss = lowerLoss(graph, logits, labels, model.classCount);
  lowerResults(graph, { loss, logits, labels }, step);
  const nextVelocities = lowerBackward(graph, model, {
    weights,
    activations,
    logitsGradient: lowerLossGradient(graph, loss, batchSize),
    addendOf: (name) => lowerAddend(graph, lookUp(weights, name), lookUp(velocities, name), sgd),
  });
  const nextWeights = new Map<string, string>();
  for (const { name } of model.parameters) {
    const change = graph.node('Mul', [lookUp(nextVelocities, name), LEARNING_RATE]);
    nextWeights.set(name, graph.node('Sub', [lookUp(weights, name), change]));
  }
  return { weights: nextWeights, velocities: nextVelocities };
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

/** What a gradient is added to: the decayed velocity, and the pull of the weight decay. */
function lowerAddend(
  graph: GraphBuilder,
  weight: string,
  velocity: string,
  { momentum, weightDecay }: SgdOptions,
): Addend {
  if (weightDecay === 0) return { value: velocity, factor: momentum };
  const decayed = graph.node('Mul', [velocity, graph.floats([momentum], [])]);
  const pull = graph.node('Mul', [weight, graph.floats([weightDecay], [])]);
  return { value: graph.node('Add', [decayed, pull]), factor: 1 };
}
