/**
 * The layers a model is made of, as data. Engines lower each kind to their own operators; adding a
 * kind means adding a member here and letting the compiler point at every place that must know it.
 */

/** Sizes of a tensor without the batch dimension: [channels, height, width] or [features]. */
export type Shape = readonly number[];

/** Lays [C, H, W] out as C·H·W features, in that order. */
export interface Flatten {
  readonly kind: 'flatten';
}

/** y = x Wᵀ + b, with W of [units, features]. */
export interface Dense {
  readonly kind: 'dense';
  /** Prefix of its parameters' names: `<name>.weight`, `<name>.bias`. */
  readonly name: string;
  readonly units: number;
}

/** max(x, 0); its derivative at 0 is 0, as in PyTorch. */
export interface Relu {
  readonly kind: 'relu';
}

export type Layer = Flatten | Dense | Relu;

/** A trained tensor. Names, axes and initial range are those of PyTorch's `nn.Linear`. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  /** Number of inputs of a unit: the scale of the initial values. */
  readonly fanIn: number;
  readonly role: 'weight' | 'bias';
}

/** Number of values in a tensor of this shape. */
export function countValues(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape of a layer's output. Throws a RangeError where the layer does not take the input. */
export function outputShape(layer: Layer, input: Shape): Shape {
  switch (layer.kind) {
    case 'flatten':
      return [countValues(input)];
    case 'dense':
      features(layer, input);
      return [layer.units];
    case 'relu':
      return input;
  }
}

/** The parameters of a layer on this input, weights before biases. */
export function parametersOf(layer: Layer, input: Shape): readonly Parameter[] {
  switch (layer.kind) {
    case 'flatten':
    case 'relu':
      return [];
    case 'dense': {
      const fanIn = features(layer, input);
      return [
        { name: `${layer.name}.weight`, shape: [layer.units, fanIn], fanIn, role: 'weight' },
        { name: `${layer.name}.bias`, shape: [layer.units], fanIn, role: 'bias' },
      ];
    }
  }
}

function features(layer: Dense, input: Shape): number {
  const [size] = input;
  if (input.length !== 1 || size === undefined) {
    throw new RangeError(
      `${layer.name} takes a vector, but its input has the shape [${input.join(', ')}]: ` +
        'put a flatten layer before it',
    );
  }
  return size;
}
