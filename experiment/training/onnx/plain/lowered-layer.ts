/** What lowering one layer in the plain layout takes and gives. */

import { inputShapeOf, type PlacedLayer } from '../../../models/model.ts';
import { type MapShape, mapOf } from '../../../models/shapes.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { ForwardOptions, NamedValue } from '../layout.ts';

/** The graph that a layer is written to, and what it can read besides its input. */
export interface PlainPass extends ForwardOptions {
  readonly graph: GraphBuilder;
  /** Names of the values that lie as [features, batch] (turned-values.ts). */
  readonly turned: ReadonlySet<string>;
  /** Biases whose gradients are zero (models/cancelled-biases.ts). */
  readonly cancelled: ReadonlySet<string>;
}

interface GradientOptions {
  /** False where nothing trained lies before this layer: nobody needs its inputs' gradients. */
  readonly inputsWanted: boolean;
}

export interface LoweredGradients {
  /** For each input, in order; none where they are not wanted. */
  readonly inputs: readonly string[];
  /** For each parameter, unless its gradient is zero. */
  readonly parameters: readonly NamedValue[];
}

/** A layer lowered forward, with what it keeps for its gradient. */
export interface LoweredPlainLayer {
  readonly output: string;
  /** The running statistics after this batch. */
  readonly nextStatistics?: readonly NamedValue[];
  /** Lowers the gradients, given the gradient of the loss for the output. */
  readonly lowerGradients: (gradient: string, options: GradientOptions) => LoweredGradients;
}

/** The gradients of a layer of one input without parameters. */
export function lowerInputGradient(
  lower: (gradient: string) => string,
): LoweredPlainLayer['lowerGradients'] {
  return (gradient, { inputsWanted }) => ({
    inputs: inputsWanted ? [lower(gradient)] : [],
    parameters: [],
  });
}

/** The sizes of a layer's only input, a feature map. */
export function inputMap(placed: PlacedLayer): MapShape {
  return mapOf(placed.layer, inputShapeOf(placed));
}

/** The sizes of a layer's output, a feature map. */
export function outputMap(placed: PlacedLayer): MapShape {
  return mapOf(placed.layer, placed.shape);
}
