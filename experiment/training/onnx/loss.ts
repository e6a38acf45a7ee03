/** Lowers the softmax cross-entropy of logits against labels, and the count of correct answers. */

import type { GraphBuilder } from './graph-builder.ts';
import { DATA_TYPES } from './model-proto.ts';

/** The ONNX values of a lowered loss. */
export interface LoweredLoss {
  /** [batch]: minus the logarithm of the softmax at the label. */
  readonly losses: string;
  /** [batch, classes]: logarithm of the softmax. */
  readonly logProbabilities: string;
  /** [batch, classes]: 1 at the label, else 0. */
  readonly oneHot: string;
}

const CLASS_AXIS = 1;

/**
 * Lowers the loss of `logits` [batch, classes] against `labels` (int32 [batch]). LogSoftmax takes
 * off the largest logit first, so that no exponential overflows.
 */
export function lowerLoss(
  graph: GraphBuilder,
  logits: string,
  labels: string,
  classCount: number,
): LoweredLoss {
  const axis = graph.int64s([CLASS_AXIS]);
  const classes = graph.int32s(Array.from({ length: classCount }, (_, index) => index));
  const matches = graph.node('Equal', [graph.node('Unsqueeze', [labels, axis]), classes]);
  const oneHot = toFloat(graph, matches);
  const logProbabilities = graph.node('LogSoftmax', [logits], { axis: { int: CLASS_AXIS } });
  const atLabel = graph.node('Mul', [logProbabilities, oneHot]);
  const sums = graph.node('ReduceSum', [atLabel, axis], { keepdims: { int: 0 } });
  return { losses: graph.node('Neg', [sums]), logProbabilities, oneHot };
}

/** Lowers the gradient of the mean loss for the logits: (softmax − one-hot) / batch. */
export function lowerLossGradient(
  graph: GraphBuilder,
  { logProbabilities, oneHot }: LoweredLoss,
  batchSize: number,
): string {
  const difference = graph.node('Sub', [graph.node('Exp', [logProbabilities]), oneHot]);
  return graph.node('Mul', [difference, graph.floats([1 / batchSize], [])]);
}

/**
 * Lowers the number of samples whose largest logit is at the label (the first one, where several
 * are equal). Returns a float32 scalar.
 */
export function lowerCorrectCount(graph: GraphBuilder, logits: string, labels: string): string {
  const attributes = { axis: { int: CLASS_AXIS }, keepdims: { int: 0 } };
  const answers = graph.node('ArgMax', [logits], attributes);
  const narrowed = graph.node('Cast', [answers], { to: { int: DATA_TYPES.int32 } });
  const matches = graph.node('Equal', [narrowed, labels]);
  return graph.node('ReduceSum', [toFloat(graph, matches)], { keepdims: { int: 0 } });
}

function toFloat(graph: GraphBuilder, value: string): string {
  return graph.node('Cast', [value], { to: { int: DATA_TYPES.float32 } });
}
