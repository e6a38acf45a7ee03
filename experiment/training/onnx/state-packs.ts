/**
 * Which tensors of the state are one tensor for the graphs. Each tensor that is fed, updated and fetched
 * costs some microseconds whatever its size, and an InceptionSmall has 230 parameters, most of them small.
 */

import type { Model } from '../../models/model.ts';
import type { Parameter, Statistic } from '../../models/parameters.ts';
import { countValues, type Shape } from '../../models/shapes.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { type Layout, lookUp, SMALL, type Storage, type Values } from './layout.ts';

/** A tensor of the model in a pack. */
interface PackMember {
  readonly tensor: Parameter | Statistic;
  readonly storage: Storage;
  /** Where its stored values begin, and how many there are. */
  readonly start: number;
  readonly size: number;
}

/** A tensor of the graphs: one of the model's as it is stored, or several in a row. */
export interface Pack {
  readonly name: string;
  readonly shape: Shape;
  readonly members: readonly PackMember[];
}

/** The packs of a model's state; velocities lie as the parameters do. */
export interface StatePacks {
  readonly parameters: readonly Pack[];
  readonly statistics: readonly Pack[];
}

/** Packs the state of a model in this layout. */
export function packState(model: Model, layout: Layout): StatePacks {
  return {
    parameters: packTensors(model, layout, model.parameters, 'small parameters'),
    statistics: packTensors(model, layout, model.statistics, 'small statistics'),
  };
}

/** The small tensors together, under this name, the others by themselves. */
function packTensors(
  model: Model,
  layout: Layout,
  tensors: readonly (Parameter | Statistic)[],
  name: string,
): readonly Pack[] {
  const packs: Pack[] = [];
  const together: PackMember[] = [];
  let start = 0;
  for (const tensor of tensors) {
    const storage = layout.storageOf(model, tensor);
    const size = countValues(storage.shape);
    if (size > SMALL) {
      const members = [{ tensor, storage, start: 0, size }];
      packs.push({ name: tensor.name, shape: storage.shape, members });
    } else {
      together.push({ tensor, storage, start, size });
      start += size;
    }
  }
  if (together.length > 0) packs.push({ name, shape: [start], members: together });
  return packs;
}

/** ONNX values of the tensors, as they are stored, from those of their packs. */
export function lowerUnpacking(
  graph: GraphBuilder,
  packs: readonly Pack[],
  values: Values,
): Values {
  const unpacked = new Map<string, string>();
  for (const { name, shape, members } of packs) {
    const whole = lookUp(values, name);
    const sizes = members.map(({ size }) => size);
    const pieces =
      members.length === 1
        ? [whole]
        : graph.nodes('Split', [whole, graph.int64s(sizes)], members.length, { axis: { int: 0 } });
    for (const [index, { tensor, storage }] of members.entries()) {
      const piece = pieces[index] ?? '';
      const isStored = storage.shape.length === 1 || shape === storage.shape;
      unpacked.set(tensor.name, isStored ? piece : graph.reshape(piece, storage.shape));
    }
  }
  return unpacked;
}

/**
 * The inverse of {@link lowerUnpacking} for one pack, in its shape; what `values` lacks is zero. Undefined
 * where it lacks all.
 */
export function lowerPacking(
  graph: GraphBuilder,
  { shape, members }: Pack,
  values: Values,
): string | undefined {
  if (members.every(({ tensor }) => !values.has(tensor.name))) return undefined;
  const [first] = members;
  const only = first === undefined ? undefined : values.get(first.tensor.name);
  if (members.length === 1 && only !== undefined) {
    return shape.length === 1 ? only : graph.reshape(only, shape);
  }
  const pieces = members.map(({ tensor, storage, size }) => {
    const value = values.get(tensor.name);
    if (value === undefined) return graph.floats(new Float32Array(size), [size]);
    return storage.shape.length === 1 ? value : graph.reshape(value, [size]);
  });
  return graph.node('Concat', pieces, { axis: { int: 0 } });
}
