/** Lowers SGD with momentum: v ← momentum·v + g + weightDecay·w; w ← w − lr·v. */

import type { SgdOptions } from '../engine.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** ONNX values of a parameter before its update; all but the learning rate are of one shape. */
export interface UpdateInputs {
  readonly weight: string;
  readonly velocity: string;
  /** Undefined where it is zero. */
  readonly gradient: string | undefined;
  /** A scalar. */
  readonly learningRate: string;
}

/** The ONNX values of a parameter and its velocity after the step. */
export interface UpdatedParameter {
  readonly weight: string;
  readonly velocity: string;
}

/** Lowers the update of one parameter. */
export function lowerUpdate(
  graph: GraphBuilder,
  { momentum, weightDecay }: SgdOptions,
  { weight, velocity, gradient, learningRate }: UpdateInputs,
): UpdatedParameter {
  const scale = (value: string, factor: number): string =>
    graph.node('Mul', [value, graph.floats([factor], [])]);
  const terms = [
    scale(velocity, momentum),
    ...(weightDecay === 0 ? [] : [scale(weight, weightDecay)]),
    ...(gradient === undefined ? [] : [gradient]),
  ];
  const next = terms.reduce((sum, term) => graph.node('Add', [sum, term]));
  const change = graph.node('Mul', [next, learningRate]);
  return { weight: graph.node('Sub', [weight, change]), velocity: next };
}
