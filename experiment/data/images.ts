/** The shapes of CIFAR-10's images and of the central crop that the models see. */

import type { NpyArray } from './npy.ts';

export const CLASS_COUNT = 10;
export const CHANNEL_COUNT = 3;
/** Height and width of a stored image. */
export const IMAGE_SIZE = 32;
export const IMAGE_BYTES = CHANNEL_COUNT * IMAGE_SIZE * IMAGE_SIZE;
/** Height and width of the central crop (paper, appendix A: 28×28). */
export const CROP_SIZE = 28;
export const CROP_PIXELS = CROP_SIZE * CROP_SIZE;

/** Images [N, 3, size, size], channel planes red, green, blue, with the class of each. */
export interface LabeledImages<Data extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  readonly images: NpyArray<Data>;
  /** [N], 0 … 9. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** Whether images are pixels of 0 to 255, and not numbers in units of pixel/255. */
export function holdPixels(samples: LabeledImages): samples is LabeledImages<Uint8Array> {
  return samples.images.data instanceof Uint8Array;
}

/** Cuts the central 28×28 out of images [N, 3, 32, 32]. */
export function cropImages(images: NpyArray<Uint8Array>): NpyArray<Uint8Array> {
  const count = images.shape[0] ?? 0;
  const margin = (IMAGE_SIZE - CROP_SIZE) / 2;
  const planes = count * CHANNEL_COUNT;
  const data = new Uint8Array(planes * CROP_PIXELS);
  for (let plane = 0; plane < planes; plane += 1) {
    for (let row = 0; row < CROP_SIZE; row += 1) {
      const start = (plane * IMAGE_SIZE + row + margin) * IMAGE_SIZE + margin;
      data.set(
        images.data.subarray(start, start + CROP_SIZE),
        plane * CROP_PIXELS + row * CROP_SIZE,
      );
    }
  }
  return { shape: [count, CHANNEL_COUNT, CROP_SIZE, CROP_SIZE], data };
}
