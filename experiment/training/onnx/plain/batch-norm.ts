/** Lowers batch norm (Ioffe and Szegedy, 2015): by the batch in training, else by what was kept. */

import { type BatchNorm, STATISTICS_MOMENTUM } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { lookUp } from '../layout.ts';
import { inputMap, type LoweredPlainLayer, type PlainPass } from './lowered-layer.ts';

/**
 * Lowers a batch norm. Channel values are [1, C, 1, 1] inside, [C] where they are stored.
 *
 * @throws nothing itself; its gradients throw Error where it was lowered for evaluation
 */
export function lowerBatchNorm(
  pass: PlainPass,
  placed: Placed<BatchNorm>,
  input: string,
): LoweredPlainLayer {
  return pass.mode === 'training'
    ? lowerTraining(pass, placed, input)
    : lowerEvaluation(pass, placed, input);
}

function lowerTraining(
  pass: PlainPass,
  placed: Placed<BatchNorm>,
  input: string,
): LoweredPlainLayer {
  const { graph, weights, batchSize } = pass;
  const { name, eps } = placed.layer;
  const [channels, height, width] = inputMap(placed);
  const count = batchSize * height * width;
  const scale = spread(graph, lookUp(weights, `${name}.weight`), channels);
  const shift = spread(graph, lookUp(weights, `${name}.bias`), channels);

  const mean = overPositions(graph, 'ReduceMean', input);
  const centred = graph.node('Sub', [input, mean]);
  const squares = graph.node('Mul', [centred, centred]);
  const variance = overPositions(graph, 'ReduceMean', squares);
  const inverse = inverseDeviation(graph, variance, eps);
  const normalised = graph.node('Mul', [centred, inverse]);
  const output = graph.node('Add', [graph.node('Mul', [normalised, scale]), shift]);

  const stored = (value: string): string =>
    graph.node('Reshape', [value, graph.int64s([channels])]);
  return {
    output,
    nextStatistics: [
      next(pass, `${name}.running_mean`, stored(mean), 1),
      // The unbiased variance; of a single value, which has none, the biased one.
      next(pass, `${name}.running_var`, stored(variance), count / Math.max(1, count - 1)),
    ],
    lowerGradients: (gradient, { inputsWanted }) => {
      const total = overPositions(graph, 'ReduceSum', gradient);
      const weighted = graph.node('Mul', [gradient, normalised]);
      const along = overPositions(graph, 'ReduceSum', weighted);
      // dx = scale / deviation · (g − mean of g − x̂ · mean of g x̂)
      const lowerInput = (): string => {
        const share = graph.floats([1 / count], []);
        const constant = graph.node('Mul', [total, share]);
        const slope = graph.node('Mul', [along, share]);
        const explained = graph.node('Add', [constant, graph.node('Mul', [normalised, slope])]);
        const rest = graph.node('Sub', [gradient, explained]);
        return graph.node('Mul', [rest, graph.node('Mul', [scale, inverse])]);
      };
      return {
        inputs: inputsWanted ? [lowerInput()] : [],
        parameters: [
          [`${name}.weight`, stored(along)],
          [`${name}.bias`, stored(total)],
        ],
      };
    },
  };
}

function lowerEvaluation(
  pass: PlainPass,
  placed: Placed<BatchNorm>,
  input: string,
): LoweredPlainLayer {
  const { graph, weights, statistics } = pass;
  const { name, eps } = placed.layer;
  const [channels] = inputMap(placed);
  const perChannel = (value: string): string => spread(graph, value, channels);
  const mean = perChannel(lookUp(statistics, `${name}.running_mean`));
  const variance = perChannel(lookUp(statistics, `${name}.running_var`));
  const scale = perChannel(lookUp(weights, `${name}.weight`));
  const shift = perChannel(lookUp(weights, `${name}.bias`));
  const slope = graph.node('Mul', [scale, inverseDeviation(graph, variance, eps)]);
  const centred = graph.node('Sub', [input, mean]);
  return {
    output: graph.node('Add', [graph.node('Mul', [centred, slope]), shift]),
    lowerGradients: () => {
      throw new Error(`${name} was lowered for evaluation: it has no gradients`);
    },
  };
}

/** The running statistic after this batch: 0.9 of it and 0.1 · `factor` of the batch's. */
function next(
  { graph, statistics }: PlainPass,
  name: string,
  batch: string,
  factor: number,
): readonly [string, string] {
  const kept = graph.floats([1 - STATISTICS_MOMENTUM], []);
  const added = graph.floats([STATISTICS_MOMENTUM * factor], []);
  const old = graph.node('Mul', [lookUp(statistics, name), kept]);
  return [name, graph.node('Add', [old, graph.node('Mul', [batch, added])])];
}

function overPositions(graph: GraphBuilder, operator: string, value: string): string {
  return graph.node(operator, [value, graph.int64s([0, 2, 3])], { keepdims: { int: 1 } });
}

function inverseDeviation(graph: GraphBuilder, variance: string, eps: number): string {
  const raised = graph.node('Add', [variance, graph.floats([eps], [])]);
  return graph.node('Reciprocal', [graph.node('Sqrt', [raised])]);
}

function spread(graph: GraphBuilder, value: string, channels: number): string {
  return graph.node('Reshape', [value, graph.int64s([1, channels, 1, 1])]);
}
