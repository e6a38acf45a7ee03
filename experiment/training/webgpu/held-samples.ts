/** Samples that lie on a GPU: uploaded once, for all passes over them. */

import { gatherNumbers, type Normalization, scaleAndShift } from '../../data/batch.ts';
import { fail } from '../../data/failure.ts';
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

/** Images and labels on a GPU. Pixels stay bytes, of the size they have; other numbers are cut out and normalised. */
export class HeldSamples {
  readonly images: ImageSource;
  readonly labels: Store;
  readonly buffers: Buffers;

  private constructor(images: ImageSource, labels: Store, buffers: Buffers) {
    this.images = images;
    this.labels = labels;
    this.buffers = buffers;
  }

  /**
   * Uploads samples.
   *
   * @throws StageFailure where the GPU has no memory for them
   */
  static async open(
    device: GpuDevice,
    samples: LabeledImages,
    normalization: Normalization,
  ): Promise<HeldSamples> {
    const { count } = samples;
    const { shape } = samples.images;
    const isPixels = holdPixels(samples);
    const [height = CROP_SIZE, width = CROP_SIZE] = isPixels ? shape.slice(2) : [];
    const sampleBytes = CHANNEL_COUNT * height * width * (isPixels ? 1 : 4);
    const each = Math.min(count, Math.floor(device.pieceBytes / sampleBytes));
    const pieces = Math.ceil(count / each);
    if (!(pieces <= MOST_PIECES)) {
      fail(
        `the engine "webgpu" cannot hold ${count} images of ${sampleBytes} bytes on this GPU, whose ` +
          `kernels see at most ${MOST_PIECES} × ${device.pieceBytes} bytes: take fewer images`,
      );
    }
    const buffers: Buffers = new Map();
    const images: Store[] = [];
    const labels = fixedStore('labels', count, true);
    const place = async (store: Store): Promise<GPUBuffer> => {
      const buffer = await device.buffer(`the ${store.name} of the data set`, store.bytes, STORAGE);
      buffers.set(store, buffer);
      return buffer;
    };
    for (let first = 0; first < count; first += each) {
      const end = Math.min(first + each, count);
      const store = fixedStore('images', ((end - first) * sampleBytes) / 4, true);
      images.push(store);
      await upload(device, await place(store), { first, end, sampleBytes }, (from, to) =>
        isPixels
          ? samples.images.data.subarray(from * sampleBytes, to * sampleBytes)
          : normalised(samples as LabeledImages<Float32Array>, normalization, from, to),
      );
    }
    device.gpu.queue.writeBuffer(await place(labels), 0, Uint32Array.from(samples.labels));
    const channels = naturalOrder(isPixels ? CHANNEL_COUNT : 0);
    const steps = [...channels].map((channel) => scaleAndShift(normalization, channel));
    const source: ImageSource = {
      kind: isPixels ? 'bytes' : 'numbers',
      images,
      samplesEach: pieces === 1 ? undefined : each,
      height,
      width,
      scales: steps.map(({ scale }) => scale),
      shifts: steps.map(({ shift }) => shift),
    };
    return new HeldSamples(source, labels, buffers);
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
