/** A model: a graph of layers with their shapes worked out and checked, and its parameters. */

import type { Layer } from './layers.ts';
import type { Parameter, Statistic } from './parameters.ts';
import type { Shape } from './shapes.ts';

/** A layer in its place: what goes in, what comes out, what it trains. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** Name of its output, unique in the model. */
  readonly output: string;
  /** Names of the values that it reads: other layers' outputs, or the model's {@link INPUT}. */
  readonly inputs: readonly string[];
  readonly inputShapes: readonly Shape[];
  readonly shape: Shape;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Statistic[];
  /** Operations on one sample, forward. */
  readonly flops: number;
}

/** A layer of one kind in its place. */
export type Placed<L extends Layer> = PlacedLayer & { readonly layer: L };

export interface Model {
  readonly name: string;
  /** Shape of one sample: [3, 28, 28]. */
  readonly inputShape: Shape;
  /** In an order in which every layer comes after those it reads; the last gives the logits. */
  readonly layers: readonly PlacedLayer[];
  /** All parameters, in the order of the layers. */
  readonly parameters: readonly Parameter[];
  /** All running statistics, in the order of the layers. */
  readonly statistics: readonly Statistic[];
  readonly parameterCount: number;
  readonly classCount: number;
}

/** Name of a model's input among its values. */
export const INPUT = 'images';

/**
 * The only input of a layer that takes one.
 *
 * @throws RangeError where it takes none or several
 */
export function inputOf({ inputs, output }: PlacedLayer): string {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new RangeError(`${output} has ${inputs.length} inputs, not one`);
  }
  return input;
}

/**
 * The shape of the only input of a layer that takes one.
 *
 * @throws RangeError where it takes none or several
 */
export function inputShapeOf({ inputShapes, output }: PlacedLayer): Shape {
  const [shape] = inputShapes;
  if (shape === undefined || inputShapes.length > 1) {
    throw new RangeError(`${output} has ${inputShapes.length} inputs, not one`);
  }
  return shape;
}

/** What messages call a layer: its name where it has one, else its place and kind: `3.maxPool`. */
export function layerName({ layer, output }: PlacedLayer): string {
  return 'name' in layer ? layer.name : output;
}

/** True where the model has a batch norm. */
export function hasBatchNorm({ layers }: Model): boolean {
  return layers.some(({ layer }) => layer.kind === 'batchNorm');
}
