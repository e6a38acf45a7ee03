/** Works out the shape of a layer's output, and checks that the layer takes its inputs. */

import type { Conv, Layer, LocalResponseNorm, MaxPool } from './layers.ts';

/** Sizes of a tensor without the batch dimension: [channels, height, width] or [features]. */
export type Shape = readonly number[];

/** A feature map's sizes. */
export type MapShape = readonly [channels: number, height: number, width: number];

/** Number of values in a tensor of this shape. */
export function countValues(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The shape of a layer's output. Throws a RangeError that names the layer where it does not take
 * the inputs: of the wrong rank, unequal, smaller than its window.
 */
export function outputShape(layer: Layer, inputs: readonly Shape[]): Shape {
  const [input] = inputs;
  if (input === undefined) throw new RangeError(`${labelOf(layer)} has no input`);
  switch (layer.kind) {
    case 'concat':
      return concatenated(inputs);
    case 'add':
      return added(inputs);
    default:
      if (inputs.length > 1) {
        throw new RangeError(`${labelOf(layer)} takes one input, not ${inputs.length}`);
      }
  }
  switch (layer.kind) {
    case 'flatten':
      return [countValues(input)];
    case 'dense':
      featuresOf(layer, input);
      return [layer.units];
    case 'relu':
      return input;
    case 'batchNorm':
      return mapOf(layer, input);
    case 'localResponseNorm':
      checkNeighbours(layer);
      return mapOf(layer, input);
    case 'conv':
      return [layer.channels, ...windows(layer, mapOf(layer, input))];
    case 'maxPool':
      return [mapOf(layer, input)[0], ...windows(layer, mapOf(layer, input))];
    case 'globalAveragePool':
      return [mapOf(layer, input)[0]];
  }
}

/** The number of features that a dense layer reads. Throws a RangeError where it is no vector. */
export function featuresOf(layer: Layer, input: Shape): number {
  const [size] = input;
  if (input.length !== 1 || size === undefined) {
    throw new RangeError(
      `${labelOf(layer)} takes a vector, but its input has the shape [${input.join(', ')}]: ` +
        'put a flatten layer before it',
    );
  }
  return size;
}

/** The sizes of a layer's input. Throws a RangeError where it is no feature map. */
export function mapOf(layer: Layer, input: Shape): MapShape {
  const [channels, height, width] = input;
  if (input.length === 3 && channels !== undefined && height !== undefined && width !== undefined) {
    return [channels, height, width];
  }
  throw new RangeError(
    `${labelOf(layer)} takes channels of images, but its input has the shape [${input.join(', ')}]`,
  );
}

/** What to call a layer: its name, else its kind. */
export function labelOf(layer: Layer): string {
  return 'name' in layer ? layer.name : layer.kind;
}

/** Height and width after a window went over the map; a window that does not fit is dropped. */
function windows(layer: Conv | MaxPool, [, height, width]: MapShape): [number, number] {
  const { kernel, stride, padding } = layer;
  const [top, left, bottom, right] = padding;
  const whole = [kernel, stride, ...padding].every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || kernel < 1 || stride < 1 || Math.max(...padding) >= kernel) {
    // A window that lies in the padding alone would have no maximum.
    throw new RangeError(
      `${labelOf(layer)} has a kernel of ${kernel}, a stride of ${stride} and a padding of ` +
        `[${padding.join(', ')}]: expected whole numbers, the padding less than the kernel`,
    );
  }
  const count = (size: number): number => Math.floor((size - kernel) / stride) + 1;
  const counts: [number, number] = [count(height + top + bottom), count(width + left + right)];
  if (Math.min(...counts) < 1) {
    throw new RangeError(
      `${labelOf(layer)} has a kernel of ${kernel}, larger than its padded input of ` +
        `${height + top + bottom}×${width + left + right}`,
    );
  }
  return counts;
}

function checkNeighbours({ size }: LocalResponseNorm): void {
  if (size % 2 !== 1) {
    throw new RangeError(`localResponseNorm has a size of ${size}: expected an odd number`);
  }
}

function concatenated(inputs: readonly Shape[]): Shape {
  const [, ...sizes] = inputs[0] ?? [];
  if (inputs.some((shape) => shape.slice(1).join() !== sizes.join())) {
    throw new RangeError(`concat takes maps of one size, not ${listShapes(inputs)}`);
  }
  return [inputs.reduce((sum, [channels = 0]) => sum + channels, 0), ...sizes];
}

function added(inputs: readonly Shape[]): Shape {
  const [first = []] = inputs;
  if (inputs.some((shape) => shape.join() !== first.join())) {
    throw new RangeError(`add takes inputs of one shape, not ${listShapes(inputs)}`);
  }
  return first;
}

function listShapes(shapes: readonly Shape[]): string {
  return shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');
}
