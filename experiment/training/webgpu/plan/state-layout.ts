/** Where the state of a model lies in a GPU's memory. */

import type { Model } from '../../../models/model.ts';
import { countValues } from '../../../models/shapes.ts';
import type { Trained } from '../kernels/epilogue.ts';
import { fixedStore, type Store, type View } from '../tensors.ts';
import { type Analysis, type Node, viewOf } from './analyse.ts';

/** A tensor of the state: in which memory, and where there each of its values is. */
interface StateSlot {
  readonly name: string;
  /** For a parameter, its weights; for a statistic, its values. */
  readonly store: Store;
  /** Of a parameter. */
  readonly velocities: Store | null;
  readonly places: Uint32Array;
}

/** Memory of each node that has any, and of each tensor. */
export interface StateStores {
  readonly trained: ReadonlyMap<string, Trained>;
  readonly running: ReadonlyMap<string, Store>;
  readonly slots: readonly StateSlot[];
}

/**
 * Lays out the state of a model.
 *
 * @throws RangeError where a tensor of it belongs to no kernel
 */
export function layOutState(model: Model, analysis: Analysis): StateStores {
  const trained = new Map<string, Trained>();
  const running = new Map<string, Store>();
  const slots = new Map<string, StateSlot>();
  for (const node of analysis.nodes) {
    const { layer } = node.placed;
    if (layer.kind !== 'conv' && layer.kind !== 'dense' && layer.kind !== 'batchNorm') continue;
    const [read] = node.inputs;
    if (read === undefined) continue;
    const input = viewOf(analysis, read);
    const output = viewOf(analysis, { value: node.value, flat: false });
    const size = layer.kind === 'batchNorm' ? 2 * input.channels : matrixSize(node, input, output);
    const weights = fixedStore(`${layer.name} weights`, size, true);
    const velocities = fixedStore(`${layer.name} velocities`, size, true);
    trained.set(node.value, { weights, velocities });
    const places =
      layer.kind === 'batchNorm' ? normPlaces(output) : matrixPlaces(node, input, output);
    for (const [index, { name }] of node.placed.parameters.entries()) {
      slots.set(name, {
        name,
        store: weights,
        velocities,
        places: places[index] ?? new Uint32Array(),
      });
    }
    if (layer.kind !== 'batchNorm') continue;
    const store = fixedStore(`${layer.name} statistics`, size, true);
    running.set(node.value, store);
    for (const [index, { name }] of node.placed.statistics.entries()) {
      slots.set(name, {
        name,
        store,
        velocities: null,
        places: places[index] ?? new Uint32Array(),
      });
    }
  }
  const all = [...model.parameters, ...model.statistics].map(({ name, shape }) => {
    const slot = slots.get(name);
    if (slot?.places.length !== countValues(shape)) throw new RangeError(`${name} has no place`);
    return slot;
  });
  return { trained, running, slots: all };
}

function kernelOf({ placed: { layer } }: Node): number {
  return layer.kind === 'conv' ? layer.kernel : 1;
}

function matrixSize(node: Node, input: View, output: View): number {
  const rows = kernelOf(node) ** 2 * input.channels;
  const biased = node.placed.parameters.length > 1;
  return (rows + (biased ? 4 : 0)) * output.channels;
}

function matrixPlaces(node: Node, input: View, output: View): Uint32Array[] {
  const kernel = kernelOf(node);
  const area = kernel * kernel;
  const [inputs, outputs] = [input.places.length, output.places.length];
  const weights = new Uint32Array(outputs * inputs * area);
  let index = 0;
  for (const to of output.places) {
    for (const from of input.places) {
      for (let place = 0; place < area; place += 1) {
        weights[index] = (place * input.channels + from) * output.channels + to;
        index += 1;
      }
    }
  }
  const bias = area * input.channels * output.channels;
  return [weights, Uint32Array.from(output.places, (place) => bias + place)];
}

function normPlaces({ places, channels }: View): Uint32Array[] {
  return [Uint32Array.from(places), Uint32Array.from(places, (place) => channels + place)];
}
