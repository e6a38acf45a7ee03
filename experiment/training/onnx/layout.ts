/**
 * The seam between the compiler and a memory layout. The compiler (compile.ts) knows batches, loss,
 * update and the order of steps; a layout knows how activations lie in memory, how parameters are
 * stored, and by which operators a model's layers go forward and backward. An engine chooses one
 * when it is created; all must give the same numbers, to float32 rounding.
 */

import type { Model } from '../../models/model.ts';
import type { Parameter, Statistic } from '../../models/parameters.ts';
import type { Shape } from '../../models/shapes.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** Names of ONNX values, by what they hold: a layer's output, a parameter, a velocity. */
export type Values = ReadonlyMap<string, string>;

/** What holds the value of this name. Throws where nothing does: layers out of order. */
export function lookUp<V>(values: ReadonlyMap<string, V>, name: string): V {
  const value = values.get(name);
  if (value === undefined) throw new Error(`nothing holds the value ${name} yet`);
  return value;
}

/** An ONNX value by the name of the parameter or the statistic that it is of. */
export type NamedValue = readonly [name: string, value: string];

/**
 * A tensor with at most so many values is packed with others (state-packs.ts): with more, copying it
 * would cost what fewer operators save.
 */
export const SMALL = 8192;

/** How a parameter, its velocity, or a statistic lies in the graph's inputs and outputs. */
export interface Storage {
  /** Shape of the graph's tensor. */
  readonly shape: Shape;
  /** Fills `stored` from the values in PyTorch's order; what it holds besides them becomes zero. */
  readonly pack: (values: Float32Array, stored: Float32Array) => void;
  /** Fills `values`, in PyTorch's order, from what is stored. */
  readonly unpack: (stored: Float32Array, values: Float32Array) => void;
  /**
   * Where the layout has it for this shape: lowers value · factor + into, of a scalar `factor`, in one
   * pass that writes over `into` if nothing else reads that. Product and sum are rounded one after the
   * other, as `Mul` and `Add` do.
   */
  readonly addScaled?: (graph: GraphBuilder, value: string, factor: string, into: string) => string;
}

export interface ForwardOptions {
  /** Normalise by the batch and keep for the backward pass what it needs, or neither. */
  readonly mode: 'training' | 'evaluation';
  readonly batchSize: number;
  /** ONNX value: the images, [batch, C, H, W]. */
  readonly images: string;
  /** ONNX values of the parameters, as {@link Layout.storageOf} says. */
  readonly weights: Values;
  /** ONNX values of the running statistics. */
  readonly statistics: Values;
}

/** A model lowered forward. */
export interface LoweredModel {
  /** ONNX value: [batch, classes]. */
  readonly logits: string;
  /** ONNX values of the running statistics after this batch; in evaluation there are none. */
  readonly nextStatistics: Values;
  /**
   * Lowers the backward pass of a model lowered for training, given the gradient of the loss for the
   * logits, [batch, classes]. Returns, by parameter, the ONNX values of the gradients, stored as the
   * parameter is; where a gradient is zero whatever the batch, there is none.
   */
  readonly lowerBackward: (logitsGradient: string) => Values;
}

export interface Layout {
  readonly name: string;
  /** The greatest number of threads that give the bits of a single one, for batches of this size. */
  stableThreads(model: Model, batchSize: number): number;
  /** How this layout keeps a parameter (its velocity likewise) or a statistic of the model. */
  storageOf(model: Model, tensor: Parameter | Statistic): Storage;
  /** Lowers all layers on a batch. */
  lowerForward(graph: GraphBuilder, model: Model, options: ForwardOptions): LoweredModel;
}
