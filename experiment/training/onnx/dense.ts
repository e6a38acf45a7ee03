/** Lowers dense layers, in every layout: one product forward, two back. */

import type { Dense } from '../../models/layers.ts';
import { inputOf, inputShapeOf, type Placed } from '../../models/model.ts';
import { featuresOf } from '../../models/shapes.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { NamedValue } from './layout.ts';
import { type Matrix, multiply, turn } from './product.ts';

/** What a dense layer is lowered with. */
export interface DensePass {
  readonly graph: GraphBuilder;
  readonly batchSize: number;
  /** Names of the values that lie as [features, batch] (turned-values.ts). */
  readonly turned: ReadonlySet<string>;
}

/** ONNX values. */
export interface DenseInputs {
  /** As `turned` says of the layer's input. */
  readonly input: string;
  /** [units, features] */
  readonly weight: string;
  /** [units] */
  readonly bias: string;
}

export interface LoweredDense {
  /** As `turned` says of the layer's output. */
  readonly output: string;
  /** The gradients of the parameters, given that for the output: [units, features] and [units]. */
  readonly lowerParameters: (gradient: string) => readonly NamedValue[];
  /** The gradient for the input. */
  readonly lowerInput: (gradient: string) => string;
}

/** Lowers x Wᵀ + b. */
export function lowerDense(
  { graph, batchSize, turned }: DensePass,
  placed: Placed<Dense>,
  { input, weight, bias }: DenseInputs,
): LoweredDense {
  const { layer, output: outputName } = placed;
  const { name, units } = layer;
  const features = featuresOf(layer, inputShapeOf(placed));
  const isTurned = turned.has(outputName);
  const weights: Matrix = { value: weight, rows: units, columns: features, turned: false };
  const x: Matrix = {
    value: input,
    rows: batchSize,
    columns: features,
    turned: turned.has(inputOf(placed)),
  };
  const output = isTurned
    ? multiply(graph, weights, turn(x), graph.reshape(bias, [units, 1]))
    : multiply(graph, x, turn(weights), bias);
  const gradientOf = (value: string): Matrix => ({
    value,
    rows: batchSize,
    columns: units,
    turned: isTurned,
  });
  return {
    output,
    lowerParameters: (value) => {
      const samples = graph.int64s([isTurned ? 1 : 0]);
      return [
        [`${name}.weight`, multiply(graph, turn(gradientOf(value)), x)],
        [`${name}.bias`, graph.node('ReduceSum', [value, samples], { keepdims: { int: 0 } })],
      ];
    },
    lowerInput: (value) => {
      const gradient = gradientOf(value);
      return x.turned
        ? multiply(graph, turn(weights), turn(gradient))
        : multiply(graph, gradient, weights);
    },
  };
}
