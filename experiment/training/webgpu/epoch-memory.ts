/** What passes over samples on a GPU need beside them: their order, corners, steps and results. */

import { countBatches, sizeOfBatch } from '../batches.ts';
import { type GpuDevice, STEP_BYTES } from './device.ts';
import type { HeldSamples, SampleLayout } from './held-samples.ts';
import type { Sources } from './plan/compile.ts';
import type { BatchPlace } from './ready-plans.ts';
import { type Buffers, STORAGE, UNIFORM } from './recording.ts';
import { fixedStore, type Store } from './tensors.ts';

/** Passes of one length in batches of one size. */
export interface EpochKind {
  /** Samples of a pass. */
  readonly count: number;
  readonly batchSize: number;
  readonly isCropped: boolean;
}

/** Where passes over samples read and write, or would. */
interface EpochLayout {
  readonly sources: Sources;
  /** What it needs beside the samples. */
  readonly stores: readonly Store[];
}

/** Lays out passes of a kind over samples. */
export function layOutEpoch({ images, labels }: SampleLayout, kind: EpochKind): EpochLayout {
  const { count, batchSize, isCropped } = kind;
  const order = fixedStore('order', count, true);
  const results = fixedStore('results', 2 * countBatches(count, batchSize), true);
  const corners = isCropped ? fixedStore('corners', Math.ceil(count / 2), true) : undefined;
  const sources = { images: { ...images, order, corners }, labels, order, results };
  return { sources, stores: [order, results, ...(corners === undefined ? [] : [corners])] };
}

/** Memory for one pass at a time. */
export class EpochMemory implements BatchPlace {
  readonly sources: Sources;
  readonly buffers: Buffers;
  readonly steps: GPUBuffer;
  readonly size: number;
  /** Batches of a pass. */
  readonly batches: number;
  readonly #device: GpuDevice;
  readonly #count: number;
  readonly #parameters: DataView<ArrayBuffer>;

  private constructor(
    device: GpuDevice,
    sources: Sources,
    buffers: Buffers,
    steps: GPUBuffer,
    { count, batchSize }: EpochKind,
  ) {
    this.#device = device;
    this.#count = count;
    this.sources = sources;
    this.buffers = buffers;
    this.steps = steps;
    this.size = Math.min(batchSize, count);
    this.batches = countBatches(count, batchSize);
    this.#parameters = new DataView(new ArrayBuffer(this.batches * STEP_BYTES));
  }

  /** Makes memory for passes over these samples. */
  static async open(device: GpuDevice, held: HeldSamples, kind: EpochKind): Promise<EpochMemory> {
    const batches = countBatches(kind.count, kind.batchSize);
    const { sources, stores } = layOutEpoch(held.layout, kind);
    const buffers: Buffers = new Map(held.buffers);
    for (const store of stores) {
      buffers.set(store, await device.buffer(store.name, store.bytes, STORAGE));
    }
    const steps = await device.buffer('steps', batches * STEP_BYTES, UNIFORM);
    return new EpochMemory(device, sources, buffers, steps, kind);
  }

  /**
   * Sends what the next pass goes by.
   *
   * @throws RangeError where there are corners, but no memory for them
   */
  begin(order: Uint32Array, corners: Uint8Array | undefined, learningRate: number): void {
    const { queue } = this.#device.gpu;
    const { sources } = this;
    queue.writeBuffer(this.#bufferOf(sources.order), 0, order as Uint32Array<ArrayBuffer>);
    if (corners !== undefined) {
      const words = new Uint8Array(Math.ceil(corners.length / 4) * 4);
      words.set(corners);
      queue.writeBuffer(this.#bufferOf(sources.images.corners), 0, words);
    }
    for (let step = 0; step < this.batches; step += 1) {
      const at = step * STEP_BYTES;
      this.#parameters.setUint32(at, this.sizeOf(step), true);
      this.#parameters.setFloat32(at + 4, learningRate, true);
      this.#parameters.setUint32(at + 8, step * this.size, true);
      this.#parameters.setUint32(at + 12, step, true);
    }
    queue.writeBuffer(this.steps, 0, this.#parameters.buffer);
  }

  /** Samples of a step's batch. */
  sizeOf(step: number): number {
    return sizeOfBatch(step, this.#count, this.size);
  }

  /** The memory of the results of steps, two numbers each. */
  get results(): GPUBuffer {
    return this.#bufferOf(this.sources.results);
  }

  /** Gives the memory back, but for that of the samples. */
  close(): void {
    const { order, results, images } = this.sources;
    for (const store of [order, results, images.corners]) {
      if (store !== undefined) this.buffers.get(store)?.destroy();
    }
    this.steps.destroy();
  }

  #bufferOf(store: Store | undefined): GPUBuffer {
    const buffer = store && this.buffers.get(store);
    if (buffer === undefined) throw new RangeError(`${store?.name} has no memory`);
    return buffer;
  }
}
