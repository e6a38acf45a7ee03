/** Gathers chosen images of a data set, cropped as the models see them, and normalises them. */

import type { DatasetInfo } from './dataset-info.ts';
import {
  CHANNEL_COUNT,
  CROP_PIXELS,
  CROP_SIZE,
  cropImages,
  IMAGE_SIZE,
  type LabeledImages,
} from './images.ts';
import type { NpyArray } from './npy.ts';

/** How pixels become numbers: (pixel/255 − mean) / deviation, each by channel. */
export type Normalization = Pick<DatasetInfo, 'mean' | 'deviation'>;

/** Where a batch is written: buffers that the caller owns and may reuse. */
export interface BatchBuffers<Values extends Uint8Array | Float32Array> {
  /** At least batch × 3 × 28 × 28; filled in the order N, C, H, W. */
  readonly images: Values;
  /** At least batch. */
  readonly labels: Int32Array;
}

/** By the images they were cut out of: for an epoch, all would be cut again. */
const crops = new WeakMap<NpyArray<Uint8Array>, NpyArray<Uint8Array>>();

/**
 * Writes the central 28×28 pixels of the images at `indices`, and their labels, into the buffers.
 * Throws a RangeError where an index or a buffer does not fit.
 */
export function gatherPixels(
  { images, labels }: LabeledImages<Uint8Array>,
  indices: ArrayLike<number>,
  into: BatchBuffers<Uint8Array>,
): void {
  gatherLabels(labels, indices, into);
  const { data } = cropOnce(images);
  const size = CHANNEL_COUNT * CROP_PIXELS;
  for (let place = 0; place < indices.length; place += 1) {
    const start = (indices[place] as number) * size;
    into.images.set(data.subarray(start, start + size), place * size);
  }
}

/**
 * As {@link gatherPixels}, of 32×32 images, but for the place of the 28×28 pixels: image i is cut
 * out from row `corners[2i]` and column `corners[2i + 1]` on, each 0 … 4.
 *
 * @throws RangeError where an index is outside the images, or the buffers are too small
 */
export function gatherCrops(
  { images, labels }: LabeledImages<Uint8Array>,
  corners: Uint8Array,
  indices: ArrayLike<number>,
  into: BatchBuffers<Uint8Array>,
): void {
  gatherLabels(labels, indices, into);
  const { data } = images;
  let to = 0;
  for (let place = 0; place < indices.length; place += 1) {
    const index = indices[place] as number;
    const [top, left] = [corners[2 * index] as number, corners[2 * index + 1] as number];
    for (let channel = 0; channel < CHANNEL_COUNT; channel += 1) {
      const plane = (index * CHANNEL_COUNT + channel) * IMAGE_SIZE * IMAGE_SIZE;
      for (let row = top; row < top + CROP_SIZE; row += 1) {
        const start = plane + row * IMAGE_SIZE + left;
        for (let from = start; from < start + CROP_SIZE; from += 1) {
          into.images[to] = data[from] as number;
          to += 1;
        }
      }
    }
  }
}

/**
 * As {@link gatherPixels}, of images in units of pixel/255, which it normalises.
 *
 * @throws RangeError where an index is outside the images, or the buffers are too small
 */
export function gatherNumbers(
  { images, labels }: LabeledImages<Float32Array>,
  { mean, deviation }: Normalization,
  indices: ArrayLike<number>,
  into: BatchBuffers<Float32Array>,
): void {
  gatherLabels(labels, indices, into);
  const size = images.shape[3] as number;
  const margin = (size - CROP_SIZE) / 2;
  let to = 0;
  for (let place = 0; place < indices.length; place += 1) {
    for (let channel = 0; channel < CHANNEL_COUNT; channel += 1) {
      const [centre, scale] = [mean[channel] as number, deviation[channel] as number];
      const plane = ((indices[place] as number) * CHANNEL_COUNT + channel) * size * size;
      for (let row = margin; row < margin + CROP_SIZE; row += 1) {
        const start = plane + row * size + margin;
        for (let from = start; from < start + CROP_SIZE; from += 1) {
          into.images[to] = ((images.data[from] as number) - centre) / scale;
          to += 1;
        }
      }
    }
  }
}

/** {@link Normalization} of a channel in single steps, for engines: number = pixel · scale + shift. */
export function scaleAndShift({ mean, deviation }: Normalization, channel: number) {
  const [centre, spread] = [mean[channel] as number, deviation[channel] as number];
  return { scale: 1 / (255 * spread), shift: -centre / spread };
}

/** Pixels [batch, 3, 28, 28] as numbers. */
export function normalizePixels(
  pixels: Uint8Array,
  { mean, deviation }: Normalization,
): Float32Array<ArrayBuffer> {
  const images = new Float32Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 1) {
    const channel = Math.floor(at / CROP_PIXELS) % CHANNEL_COUNT;
    const value = (pixels[at] as number) / 255 - (mean[channel] as number);
    images[at] = value / (deviation[channel] as number);
  }
  return images;
}

function cropOnce(images: NpyArray<Uint8Array>): NpyArray<Uint8Array> {
  if (images.shape[3] === CROP_SIZE) return images;
  const known = crops.get(images) ?? cropImages(images);
  crops.set(images, known);
  return known;
}

function gatherLabels(
  labels: Uint8Array,
  indices: ArrayLike<number>,
  into: BatchBuffers<Uint8Array | Float32Array>,
): void {
  const count = indices.length;
  if (into.images.length < count * CHANNEL_COUNT * CROP_PIXELS || into.labels.length < count) {
    throw new RangeError(`the buffers are too small for a batch of ${count}`);
  }
  for (let place = 0; place < count; place += 1) {
    const index = indices[place] as number;
    const label = labels[index];
    if (label === undefined) {
      throw new RangeError(`index ${index} is outside the ${labels.length} images`);
    }
    into.labels[place] = label;
  }
}
