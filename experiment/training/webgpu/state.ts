/** The state of a training in a GPU's memory. */

import type { Model } from '../../models/model.ts';
import type { TrainingState } from '../engine.ts';
import { valuesFor } from '../values-for.ts';
import type { GpuDevice } from './device.ts';
import type { StateStores } from './plan/state-layout.ts';
import { floats, readBack } from './read-back.ts';
import { type Buffers, STORAGE } from './recording.ts';
import type { Store } from './tensors.ts';

/** Parameters with their velocities, and running statistics. */
export class GpuState {
  readonly #device: GpuDevice;
  readonly #model: Model;
  readonly #layout: StateStores;
  readonly #buffers: Buffers;
  readonly #copies: Buffers;

  private constructor(
    device: GpuDevice,
    model: Model,
    layout: StateStores,
    buffers: Buffers,
    copies: Buffers,
  ) {
    this.#device = device;
    this.#model = model;
    this.#layout = layout;
    this.#buffers = buffers;
    this.#copies = copies;
  }

  /** A state of zeros. */
  static async open(device: GpuDevice, model: Model, layout: StateStores): Promise<GpuState> {
    const buffers: Buffers = new Map();
    const copies: Buffers = new Map();
    for (const { store, velocities } of layout.slots) {
      for (const each of velocities === null ? [store] : [store, velocities]) {
        if (buffers.has(each)) continue;
        buffers.set(each, await device.buffer(each.name, each.bytes, STORAGE));
        copies.set(each, await device.buffer(`a copy of ${each.name}`, each.bytes, STORAGE));
      }
    }
    return new GpuState(device, model, layout, buffers, copies);
  }

  /** The memory of each store of the state. */
  get buffers(): Buffers {
    return this.#buffers;
  }

  /** Bytes that it takes, with the copy. */
  get bytes(): number {
    return [...this.#buffers.values(), ...this.#copies.values()].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }

  /** Keeps a copy of the state, there. */
  keep(): void {
    this.#copy(this.#buffers, this.#copies);
  }

  /** Goes back to what {@link keep} has kept. */
  goBack(): void {
    this.#copy(this.#copies, this.#buffers);
  }

  /**
   * A copy, in PyTorch's order.
   *
   * @throws RangeError where a tensor has no memory
   */
  async export(): Promise<TrainingState> {
    const stores = [...this.#buffers.keys()];
    const copies = await readBack(
      this.#device,
      stores.map((store) => ({ buffer: this.#bufferOf(store), bytes: store.bytes })),
    );
    const numbers = new Map(stores.map((store, index) => [store, floats(copies[index])]));
    const pick = (store: Store, places: Uint32Array): Float32Array => {
      const from = numbers.get(store) ?? new Float32Array();
      return Float32Array.from(places, (place) => from[place] ?? Number.NaN);
    };
    const weights = new Map<string, Float32Array>();
    const velocities = new Map<string, Float32Array>();
    const statistics = new Map<string, Float32Array>();
    for (const { name, store, velocities: moving, places } of this.#layout.slots) {
      (moving === null ? statistics : weights).set(name, pick(store, places));
      if (moving !== null) velocities.set(name, pick(moving, places));
    }
    return { weights, velocities, statistics };
  }

  /** Replaces the state by a copy of this one. Throws a RangeError where it does not fit. */
  import(state: TrainingState): void {
    const { parameters, statistics } = this.#model;
    const found = new Map<Store, Float32Array>();
    for (const store of this.#buffers.keys()) found.set(store, new Float32Array(store.bytes / 4));
    const put = (store: Store, places: Uint32Array, values: Float32Array): void => {
      const into = found.get(store);
      if (into === undefined) throw new RangeError(`${store.name} has no memory`);
      for (const [index, place] of places.entries()) into[place] = values[index] ?? 0;
    };
    const slots = new Map(this.#layout.slots.map((slot) => [slot.name, slot]));
    for (const tensor of [...parameters, ...statistics]) {
      const slot = slots.get(tensor.name);
      if (slot === undefined) throw new RangeError(`${tensor.name} has no place`);
      const { store, velocities, places } = slot;
      put(store, places, valuesFor(velocities === null ? state.statistics : state.weights, tensor));
      if (velocities !== null) put(velocities, places, valuesFor(state.velocities, tensor));
    }
    for (const [store, values] of found) {
      this.#device.gpu.queue.writeBuffer(
        this.#bufferOf(store),
        0,
        values as Float32Array<ArrayBuffer>,
      );
    }
  }

  /** Gives the memory back. */
  close(): void {
    for (const buffer of [...this.#buffers.values(), ...this.#copies.values()]) buffer.destroy();
  }

  #bufferOf(store: Store): GPUBuffer {
    const buffer = this.#buffers.get(store);
    if (buffer === undefined) throw new RangeError(`${store.name} has no memory`);
    return buffer;
  }

  #copy(from: Buffers, to: Buffers): void {
    const encoder = this.#device.gpu.createCommandEncoder();
    for (const [store, buffer] of from) {
      const target = to.get(store);
      if (target !== undefined) encoder.copyBufferToBuffer(buffer, 0, target, 0, buffer.size);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }
}
