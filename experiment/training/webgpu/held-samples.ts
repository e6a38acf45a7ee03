/** Samples that lie on a GPU: uploaded once, for all passes over them. */

import { gatherNumbers, type Normalization, scaleAndShift } from '../../data/batch.ts';
import type { LabeledImages } from '../../data/images.ts';
import { CHANNEL_COUNT, CROP_PIXELS, CROP_SIZE, holdPixels } from '../../data/images.ts';
import { naturalOrder } from '../batches.ts';
import type { GpuDevice } from './device.ts';
import type { ImageSource } from './kernels/gather.ts';
import { type Buffers, STORAGE } from './recording.ts';
import { fixedStore, type Store } from './tensors.ts';

/** Pieces of images that one kernel can read beside what else it needs. */
const MOST_PIECES = 5;
/** What is on its way at once: the host needs as much memory beside the samples. */
const UPLOAD_BYTES = 2 ** 25;

/** Where samples lie in a GPU's memory, or would. */
export interface SampleLayout {
  readonly images: ImageSource;
  readonly labels: Store;
  /** Samples in each piece. */
  readonly each: number;
  readonly sampleBytes: number;
  readonly isPixels: boolean;
}

/** Lays samples out. Pixels stay bytes, of the size they have; other numbers are cut out and normalised. */
export function layOutSamples(
  pieceBytes: number,
  samples: LabeledImages,
  normalization: Normalization,
): SampleLayout {
  const { count } = samples;
  const { shape } = samples.images;
  const isPixels = holdPixels(samples);
  const [height = CROP_SIZE, width = CROP_SIZE] = isPixels ? shape.slice(2) : [];
  const sampleBytes = CHANNEL_COUNT * height * width * (isPixels ? 1 : 4);
  const each = Math.max(1, Math.min(count, Math.floor(pieceBytes / sampleBytes)));
  const pieces = Math.ceil(count / each);
  const channels = [...naturalOrder(isPixels ? CHANNEL_COUNT : 0)];
  const steps = channels.map((channel) => scaleAndShift(normalization, channel));
  const images: ImageSource = {
    kind: isPixels ? 'bytes' : 'numbers',
    images: Array.from({ length: pieces }, (_, piece) =>
      fixedStore('images', (Math.min(each, count - piece * each) * sampleBytes) / 4, true),
    ),
    samplesEach: pieces === 1 ? undefined : each,
    height,
    width,
    scales: steps.map(({ scale }) => scale),
    shifts: steps.map(({ shift }) => shift),
  };
  return { images, labels: fixedStore('labels', count, true), each, sampleBytes, isPixels };
}

/** Bytes of all samples. */
export function sampleBytesOf({ images, labels }: SampleLayout): number {
  return [...images.images, labels].reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Whether a kernel can read all pieces of the images beside what else it needs. */
export function isReadable({ images }: SampleLayout): boolean {
  return images.images.length <= MOST_PIECES;
}

/** Images and labels on a GPU. */
export class HeldSamples {
  readonly layout: SampleLayout;
  readonly buffers: Buffers;

  private constructor(layout: SampleLayout, buffers: Buffers) {
    this.layout = layout;
    this.buffers = buffers;
  }

  /**
   * Uploads samples.
   *
   * @throws StageFailure where the GPU has no memory for them; none of it is then taken
   */
  static async open(
    device: GpuDevice,
    samples: LabeledImages,
    normalization: Normalization,
    layout: SampleLayout,
  ): Promise<HeldSamples> {
    const { each, sampleBytes, isPixels, images, labels } = layout;
    const held = new HeldSamples(layout, new Map());
    const place = async (store: Store): Promise<GPUBuffer> => {
      const buffer = await device.buffer(`the ${store.name} of the data set`, store.bytes, STORAGE);
      held.buffers.set(store, buffer);
      return buffer;
    };
    const take = (from: number, to: number): Uint8Array | Float32Array =>
      isPixels
        ? samples.images.data.subarray(from * sampleBytes, to * sampleBytes)
        : normalised(samples as LabeledImages<Float32Array>, normalization, from, to);
    try {
      for (const store of [...images.images, labels]) await place(store);
    } catch (error) {
      held.close();
      throw error;
    }
    for (const [piece, store] of images.images.entries()) {
      const first = piece * each;
      const end = Math.min(first + each, samples.count);
      const into = held.buffers.get(store);
      if (into !== undefined) await upload(device, into, { first, end, sampleBytes }, take);
    }
    const into = held.buffers.get(labels);
    if (into !== undefined) device.gpu.queue.writeBuffer(into, 0, Uint32Array.from(samples.labels));
    return held;
  }

  /** Gives the memory back. */
  close(): void {
    for (const buffer of this.buffers.values()) buffer.destroy();
  }
}

/** Uploads the samples from `first` to before `end` into one piece, some at a time. */
async function upload(
  { gpu }: GpuDevice,
  into: GPUBuffer,
  { first, end, sampleBytes }: { first: number; end: number; sampleBytes: number },
  take: (from: number, to: number) => Uint8Array | Float32Array,
): Promise<void> {
  const together = Math.max(1, Math.floor(UPLOAD_BYTES / sampleBytes));
  for (let from = first; from < end; from += together) {
    const part = take(from, Math.min(from + together, end));
    gpu.queue.writeBuffer(into, (from - first) * sampleBytes, part as Uint8Array<ArrayBuffer>);
    await gpu.queue.onSubmittedWorkDone();
  }
}

/** The central 28×28 numbers of the samples from `from` to before `to`, normalised. */
function normalised(
  samples: LabeledImages<Float32Array>,
  normalization: Normalization,
  from: number,
  to: number,
): Float32Array {
  const images = new Float32Array((to - from) * CHANNEL_COUNT * CROP_PIXELS);
  const indices = naturalOrder(to - from).map((index) => from + index);
  gatherNumbers(samples, normalization, indices, { images, labels: new Int32Array(to - from) });
  return images;
}
