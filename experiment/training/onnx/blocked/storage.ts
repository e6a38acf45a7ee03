/** How parameters and statistics lie in the blocked layout. */

import type { Conv } from '../../../models/layers.ts';
import { INPUT, inputOf, type Model, type PlacedLayer } from '../../../models/model.ts';
import type { Parameter, Statistic } from '../../../models/parameters.ts';
import { countValues, mapOf } from '../../../models/shapes.ts';
import { SMALL, type Storage } from '../layout.ts';
import { addScaledBy, scalableShape } from './add-scaled.ts';
import {
  blockedFilterShape,
  blockFilter,
  blockVector,
  type FilterShape,
  padChannels,
  putsTogether,
  unblockFilter,
  unblockVector,
} from './layout.ts';

/** Channels of each part of a value. */
type Partition = readonly number[];

/** By block size, and by value of the model: feature maps' partitions; a vector has none. */
const known = new WeakMap<Model, Map<number, ReadonlyMap<string, Partition>>>();

/**
 * The parts that each value of the model has: those of its input, except that a concatenation has
 * those of all its inputs, unless it puts them together, and that convolutions and norms over channels
 * give one.
 */
function partitionsOf(model: Model, block: number): ReadonlyMap<string, Partition> {
  const ofModel = known.get(model) ?? new Map<number, ReadonlyMap<string, Partition>>();
  known.set(model, ofModel);
  const found = ofModel.get(block) ?? findPartitions(model, block);
  ofModel.set(block, found);
  return found;
}

function findPartitions(
  { inputShape, layers }: Model,
  block: number,
): ReadonlyMap<string, Partition> {
  const partitions = new Map<string, Partition>([[INPUT, inputShape.slice(0, 1)]]);
  for (const { layer, inputs, output, shape } of layers) {
    const ofInputs = inputs.map((input) => partitions.get(input) ?? []);
    partitions.set(output, partition());
    function partition(): Partition {
      switch (layer.kind) {
        case 'concat':
          return putsTogether(ofInputs.flat(), block) ? shape.slice(0, 1) : ofInputs.flat();
        case 'conv':
        case 'localResponseNorm':
          return shape.slice(0, 1);
        case 'flatten':
        case 'dense':
        case 'globalAveragePool':
          return [];
        default:
          return ofInputs[0] ?? [];
      }
    }
  }
  return partitions;
}

/** What the filter of a convolution connects. */
export function filterShapeOf(
  model: Model,
  placed: PlacedLayer,
  { channels, kernel }: Conv,
  block: number,
): FilterShape {
  const input = inputOf(placed);
  const inputs = partitionsOf(model, block).get(input) ?? [];
  const [count] = mapOf(placed.layer, placed.inputShapes[0] ?? []);
  const plain = input === INPUT && count < block;
  return { outputs: channels, inputs, plain, height: kernel, width: kernel };
}

/**
 * How a tensor is stored: filters in blocks, vectors over channels padded, the rest as it is, large ones
 * under a shape that the blocked operators take.
 *
 * @throws RangeError where the model has no such tensor
 */
export function blockedStorage(
  model: Model,
  tensor: Parameter | Statistic,
  block: number,
): Storage {
  const placed = model.layers.find(({ parameters, statistics }) =>
    [...parameters, ...statistics].some(({ name }) => name === tensor.name),
  );
  if (placed === undefined) throw new RangeError(`${model.name} has no tensor ${tensor.name}`);
  const { layer } = placed;
  if (layer.kind === 'conv' && tensor.shape.length > 1) {
    return filterStorage(filterShapeOf(model, placed, layer, block), block);
  }
  if (layer.kind === 'conv') return vectorStorage([layer.channels], block);
  if (layer.kind === 'batchNorm') {
    return vectorStorage(partitionsOf(model, block).get(inputOf(placed)) ?? [], block);
  }
  const size = countValues(tensor.shape);
  const scalable = size > SMALL ? scalableShape(size, block) : undefined;
  return {
    shape: scalable ?? tensor.shape,
    pack: (values, stored) => stored.set(values),
    unpack: (stored, values) => values.set(stored),
    ...(scalable === undefined ? {} : { addScaled: addScaledBy(block) }),
  };
}

function filterStorage(filter: FilterShape, block: number): Storage {
  return {
    // Flat: onnxruntime takes arrays whose last sizes are 1 value by value when it scales them.
    shape: [countValues(blockedFilterShape(filter, block))],
    pack: (values, stored) => stored.set(blockFilter(values, filter, block)),
    unpack: (stored, values) => values.set(unblockFilter(stored, filter, block)),
  };
}

function vectorStorage(parts: Partition, block: number): Storage {
  return {
    shape: [parts.reduce((sum, part) => sum + padChannels(part, block), 0)],
    pack: (values, stored) => stored.set(blockVector(values, parts, block)),
    unpack: (stored, values) => values.set(unblockVector(stored, parts, block)),
  };
}
