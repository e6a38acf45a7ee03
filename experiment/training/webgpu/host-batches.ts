/** Batches of the host on their way to a GPU. */

import { type Normalization, scaleAndShift } from '../../data/batch.ts';
import type { Model } from '../../models/model.ts';
import { countValues } from '../../models/shapes.ts';
import type { Batch } from '../engine.ts';
import { type GpuDevice, STEP_BYTES } from './device.ts';
import type { ImageSource } from './kernels/gather.ts';
import type { Sources } from './plan/compile.ts';
import type { BatchPlace } from './ready-plans.ts';
import { type Buffers, STORAGE, UNIFORM } from './recording.ts';
import { fixedStore } from './tensors.ts';

/** What batches must have in common to be taken by the same kernels. */
export interface HostBatchKind {
  readonly size: number;
  readonly normalization: Normalization | undefined;
}

/** The kind of a batch. */
export function hostKindOf({ labels, pixels }: Batch): HostBatchKind {
  return { size: labels.length, normalization: pixels?.normalization };
}

/** Equal for batches of one kind. */
export function keyOf({ size, normalization }: HostBatchKind): string {
  if (normalization === undefined) return String(size);
  return `${size} ${normalization.mean.join()} ${normalization.deviation.join()}`;
}

/** Memory for batches of one kind and their results, so many at once. */
export class HostBatches implements BatchPlace {
  readonly sources: Sources;
  readonly buffers: Buffers;
  readonly steps: GPUBuffer;
  readonly #device: GpuDevice;
  readonly #kind: HostBatchKind;
  readonly #imageBytes: number;

  private constructor(
    device: GpuDevice,
    kind: HostBatchKind,
    sources: Sources,
    buffers: Buffers,
    imageBytes: number,
    steps: GPUBuffer,
  ) {
    this.#device = device;
    this.#kind = kind;
    this.steps = steps;
    this.sources = sources;
    this.buffers = buffers;
    this.#imageBytes = imageBytes;
  }

  /** Makes memory for `slots` batches. */
  static async open(
    device: GpuDevice,
    model: Model,
    kind: HostBatchKind,
    slots: number,
  ): Promise<HostBatches> {
    const [channels = 1, height = 1, width = 1] = model.inputShape;
    const { size, normalization } = kind;
    const numbers = countValues(model.inputShape);
    const bytes = normalization !== undefined;
    const imageBytes = size * numbers * (bytes ? 1 : 4);
    const images = fixedStore('images', Math.ceil((imageBytes * slots) / 4) + 4, true);
    const labels = fixedStore('labels', size * slots, true);
    const results = fixedStore('results', 2 * slots, true);
    const all = Array.from({ length: channels }, (_, channel) => channel);
    const scales = normalization && all.map((channel) => scaleAndShift(normalization, channel));
    const source: ImageSource = {
      kind: bytes ? 'bytes' : 'numbers',
      images: [images],
      height,
      width,
      ...(scales === undefined
        ? {}
        : { scales: scales.map(({ scale }) => scale), shifts: scales.map(({ shift }) => shift) }),
    };
    const buffers: Buffers = new Map();
    for (const store of [images, labels, results]) {
      buffers.set(store, await device.buffer(store.name, store.bytes, STORAGE));
    }
    const sources = { images: source, labels, results };
    const steps = await device.buffer('steps', slots * STEP_BYTES, UNIFORM);
    return new HostBatches(device, kind, sources, buffers, imageBytes, steps);
  }

  /**
   * Sends batches of this kind to their slots.
   *
   * @throws RangeError where one has no images of the kind
   */
  send(batches: readonly Batch[]): void {
    const { queue } = this.#device.gpu;
    const { images, labels } = this.sources;
    const size = this.#kind.size;
    const every = new Uint8Array(Math.ceil((this.#imageBytes * batches.length) / 4) * 4);
    const classes = new Int32Array(size * batches.length);
    for (const [slot, batch] of batches.entries()) {
      const source = this.#kind.normalization === undefined ? batch.images : batch.pixels?.values;
      if (source === undefined) throw new RangeError('a batch has no images');
      const bytes = new Uint8Array(source.buffer, source.byteOffset, this.#imageBytes);
      every.set(bytes, slot * this.#imageBytes);
      classes.set(batch.labels, slot * size);
    }
    for (const store of images.images) queue.writeBuffer(this.#bufferOf(store), 0, every);
    queue.writeBuffer(this.#bufferOf(labels), 0, classes);
  }

  /** Samples of each. */
  get size(): number {
    return this.#kind.size;
  }

  /** The memory of the results of steps, two numbers a slot. */
  get results(): GPUBuffer {
    return this.#bufferOf(this.sources.results);
  }

  /** Gives the memory back. */
  release(): void {
    for (const buffer of [...this.buffers.values(), this.steps]) buffer.destroy();
  }

  #bufferOf(store: Sources['labels']): GPUBuffer {
    const buffer = this.buffers.get(store);
    if (buffer === undefined) throw new RangeError(`${store.name} has no memory`);
    return buffer;
  }
}
