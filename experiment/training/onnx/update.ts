/** Lowers SGD with momentum: v ← momentum·v + (g + weightDecay·w); w ← w − lr·v. */

import type { SgdOptions } from '../engine.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { Storage } from './layout.ts';

/** ONNX values before the update; all but the learning rate are of one shape. */
export interface UpdateInputs {
  readonly weight: string;
  readonly velocity: string;
  /** Undefined where it is zero. */
  readonly gradient: string | undefined;
  /** A scalar. */
  readonly learningRate: string;
}

/** What decides by which operators an update is made; its bits do not depend on it. */
export interface UpdatePlace {
  /** Of what is stored so. */
  readonly addScaled: Storage['addScaled'];
  /** Whether the weight and the velocity are inputs of the graph, and whether the next ones are outputs. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The ONNX values after the update. */
export interface Updated {
  readonly weight: string;
  readonly velocity: string;
}

/**
 * Lowers an update. In one pass where it can: onnxruntime writes over an operand only if that is no
 * input of the graph and the result no output; else the pass would begin with a copy on one thread.
 */
export function lowerUpdate(
  graph: GraphBuilder,
  { momentum, weightDecay }: SgdOptions,
  { weight, velocity, gradient, learningRate }: UpdateInputs,
  { addScaled, isFirst, isLast }: UpdatePlace,
): Updated {
  const add = (value: string, factor: number, into: string | undefined, inOnePass: boolean) => {
    if (into !== undefined && inOnePass && addScaled !== undefined) {
      return addScaled(graph, value, graph.floats([factor], []), into);
    }
    const scaled = graph.node('Mul', [value, graph.floats([factor], [])]);
    return into === undefined ? scaled : graph.node('Add', [scaled, into]);
  };
  const pulled = weightDecay === 0 ? gradient : add(weight, weightDecay, gradient, true);
  const next = add(velocity, momentum, pulled, !isLast);
  if (addScaled !== undefined && !isFirst && !isLast) {
    const descent = graph.node('Neg', [learningRate]);
    return { weight: addScaled(graph, next, descent, weight), velocity: next };
  }
  const change = graph.node('Mul', [next, learningRate]);
  return { weight: graph.node('Sub', [weight, change]), velocity: next };
}
