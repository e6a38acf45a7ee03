/** The state of a training, in tensors that the graphs read and write. */

import type { Model } from '../../models/model.ts';
import { countValues } from '../../models/shapes.ts';
import type { TrainingState } from '../engine.ts';
import { valuesFor } from '../values-for.ts';
import { nextOf, velocityOf } from './compile.ts';
import type { Layout } from './layout.ts';
import type { Runtime, Tensor } from './runtime.ts';
import { type Pack, packState } from './state-packs.ts';

export type Tensors = Record<string, Tensor>;

type Group = keyof TrainingState;

interface Slot {
  readonly group: Group;
  readonly pack: Pack;
  /** Name of the graphs' input. */
  readonly input: string;
}

/**
 * Holds the state twice, in tensors whose memory never moves: a run reads one set and writes the
 * other, then they change places.
 */
export class StateTensors {
  readonly #slots: readonly Slot[];
  #current: ReadonlyMap<string, Tensor>;
  #spare: ReadonlyMap<string, Tensor>;

  constructor(model: Model, layout: Layout, runtime: Runtime) {
    const { parameters, statistics } = packState(model, layout);
    this.#slots = [
      ...parameters.map((pack) => slot('weights', pack, pack.name)),
      ...parameters.map((pack) => slot('velocities', pack, velocityOf(pack.name))),
      ...statistics.map((pack) => slot('statistics', pack, pack.name)),
    ];
    const allocate = (): ReadonlyMap<string, Tensor> =>
      new Map(
        this.#slots.map(({ pack: { shape }, input }) => [
          input,
          runtime.tensor(new Float32Array(countValues(shape)), shape),
        ]),
      );
    this.#current = allocate();
    this.#spare = allocate();
  }

  /** What a training graph reads. */
  trainingFeeds(): Tensors {
    return Object.fromEntries(this.#current);
  }

  /**
   * What an evaluation graph reads.
   *
   * @throws RangeError where the state lacks a tensor
   */
  evaluationFeeds(): Tensors {
    const read = this.#slots.filter(({ group }) => group !== 'velocities');
    return Object.fromEntries(read.map(({ input }) => [input, tensorOf(this.#current, input)]));
  }

  /** Where a training graph writes the next state. */
  fetches(): Tensors {
    return Object.fromEntries([...this.#spare].map(([input, tensor]) => [nextOf(input), tensor]));
  }

  /** Makes the state that a run has written the current one; once more, and it is undone. */
  swap(): void {
    [this.#current, this.#spare] = [this.#spare, this.#current];
  }

  /**
   * A copy of the current state.
   *
   * @throws RangeError where the state lacks a tensor, TypeError where one is not float32
   */
  export(): TrainingState {
    const groups: Record<Group, Map<string, Float32Array>> = {
      weights: new Map(),
      velocities: new Map(),
      statistics: new Map(),
    };
    for (const { group, pack, input } of this.#slots) {
      const whole = valuesOf(tensorOf(this.#current, input));
      for (const { tensor, storage, start, size } of pack.members) {
        const values = new Float32Array(countValues(tensor.shape));
        storage.unpack(whole.subarray(start, start + size), values);
        groups[group].set(tensor.name, values);
      }
    }
    return groups;
  }

  /** Replaces the current state by a copy of this one. Throws a RangeError where it does not fit. */
  import(state: TrainingState): void {
    for (const { group, pack, input } of this.#slots) {
      const whole = valuesOf(tensorOf(this.#current, input));
      for (const { tensor, storage, start, size } of pack.members) {
        storage.pack(valuesFor(state[group], tensor), whole.subarray(start, start + size));
      }
    }
  }
}

function slot(group: Group, pack: Pack, input: string): Slot {
  return { group, pack, input };
}

function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new RangeError(`the state has no tensor ${name}`);
  return tensor;
}

function valuesOf(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new TypeError(`expected a float32 tensor, found ${tensor.type}`);
}
