/** Turns chosen images of a data set into what a model takes. */

import type { DatasetInfo } from './dataset-info.ts';
import { CHANNEL_COUNT, CROP_PIXELS, CROP_SIZE } from './images.ts';
import type { NpyArray } from './npy.ts';

/** Where a batch is written: buffers that the caller owns and may reuse. */
export interface BatchBuffers {
  /** At least batch × 3 × 28 × 28; filled in the order N, C, H, W. */
  readonly images: Float32Array;
  /** At least batch. */
  readonly labels: Int32Array | Float32Array | Uint8Array;
}

/**
 * Writes the images and labels at `indices` into the buffers: the central 28×28 crop, scaled to
 * [0, 1], minus the data set's mean, divided by its deviation. Allocates nothing.
 *
 * `images` is [N, 3, size, size]: uint8 pixels, or float32 in units of pixel/255. Throws a
 * RangeError where an index or a buffer does not fit.
 */
export function assembleBatch(
  images: NpyArray<Uint8Array | Float32Array>,
  labels: Uint8Array,
  info: DatasetInfo,
  indices: ArrayLike<number>,
  into: BatchBuffers,
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
  const size = images.shape[3] as number;
  if (images.data instanceof Uint8Array) {
    copyPixels(images.data, size, lookupTables(info), indices, into.images);
  } else {
    copyNumbers(images.data, size, info, indices, into.images);
  }
}

function copyPixels(
  pixels: Uint8Array,
  size: number,
  tables: readonly Float32Array[],
  indices: ArrayLike<number>,
  target: Float32Array,
): void {
  const margin = (size - CROP_SIZE) / 2;
  let to = 0;
  for (let place = 0; place < indices.length; place += 1) {
    for (let channel = 0; channel < CHANNEL_COUNT; channel += 1) {
      const table = tables[channel] as Float32Array;
      const plane = ((indices[place] as number) * CHANNEL_COUNT + channel) * size * size;
      for (let row = margin; row < margin + CROP_SIZE; row += 1) {
        const start = plane + row * size + margin;
        for (let from = start; from < start + CROP_SIZE; from += 1) {
          target[to] = table[pixels[from] as number] as number;
          to += 1;
        }
      }
    }
  }
}

function copyNumbers(
  numbers: Float32Array,
  size: number,
  info: DatasetInfo,
  indices: ArrayLike<number>,
  target: Float32Array,
): void {
  const margin = (size - CROP_SIZE) / 2;
  let to = 0;
  for (let place = 0; place < indices.length; place += 1) {
    for (let channel = 0; channel < CHANNEL_COUNT; channel += 1) {
      const mean = info.mean[channel] as number;
      const deviation = info.deviation[channel] as number;
      const plane = ((indices[place] as number) * CHANNEL_COUNT + channel) * size * size;
      for (let row = margin; row < margin + CROP_SIZE; row += 1) {
        const start = plane + row * size + margin;
        for (let from = start; from < start + CROP_SIZE; from += 1) {
          target[to] = ((numbers[from] as number) - mean) / deviation;
          to += 1;
        }
      }
    }
  }
}

const tablesOf = new WeakMap<DatasetInfo, readonly Float32Array[]>();

/** For each channel the normalised value of each of the 256 pixel values, made once a data set. */
function lookupTables(info: DatasetInfo): readonly Float32Array[] {
  const known = tablesOf.get(info);
  if (known !== undefined) return known;
  const tables = info.mean.map((mean, channel) =>
    Float32Array.from(
      { length: 256 },
      (_, pixel) => (pixel / 255 - mean) / (info.deviation[channel] as number),
    ),
  );
  tablesOf.set(info, tables);
  return tables;
}
