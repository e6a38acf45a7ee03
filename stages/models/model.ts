/** A model: its layers with their shapes worked out and checked, and its parameters. */

import {
  countValues,
  type Layer,
  outputShape,
  type Parameter,
  parametersOf,
  type Shape,
} from './layers.ts';

/** A layer in its place: what goes in, what comes out, what it trains. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** Name of its output, unique in the model. */
  readonly output: string;
  /** Name of the value that it reads: another layer's output, or the model's {@link INPUT}. */
  readonly input: string;
  readonly inputShape: Shape;
  readonly shape: Shape;
  readonly parameters: readonly Parameter[];
}

export interface Model {
  readonly name: string;
  /** Shape of one sample: [3, 28, 28]. */
  readonly inputShape: Shape;
  /** In an order in which every layer comes after those it reads; the last gives the logits. */
  readonly layers: readonly PlacedLayer[];
  /** All parameters, in the order of the layers. */
  readonly parameters: readonly Parameter[];
  readonly parameterCount: number;
  readonly classCount: number;
}

/** Name of a model's input among its values. */
export const INPUT = 'images';

/**
 * Chains the layers into a model. Throws a RangeError where a layer does not fit its input, where
 * two parameters share a name, or where the last output is not a vector of logits.
 */
export function buildModel(name: string, inputShape: Shape, layers: readonly Layer[]): Model {
  const placed: PlacedLayer[] = [];
  let input = INPUT;
  let shape = inputShape;
  for (const [index, layer] of layers.entries()) {
    const output = `${index}.${layer.kind}`;
    const inputShapeHere = shape;
    shape = outputShape(layer, inputShapeHere);
    const parameters = parametersOf(layer, inputShapeHere);
    placed.push({ layer, output, input, inputShape: inputShapeHere, shape, parameters });
    input = output;
  }
  const parameters = placed.flatMap((layer) => layer.parameters);
  const names = new Set(parameters.map((parameter) => parameter.name));
  if (names.size !== parameters.length) {
    throw new RangeError(`model ${name} has two parameters of one name`);
  }
  const [classCount] = shape;
  if (shape.length !== 1 || classCount === undefined) {
    throw new RangeError(`model ${name} ends in the shape [${shape.join(', ')}], not in logits`);
  }
  const parameterCount = parameters.reduce((sum, { shape: of }) => sum + countValues(of), 0);
  return { name, inputShape, layers: placed, parameters, parameterCount, classCount };
}
