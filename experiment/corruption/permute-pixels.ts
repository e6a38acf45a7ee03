/** Permutes the pixels of images: the three channels of a pixel move together. */

import { CHANNEL_COUNT, CROP_PIXELS } from '../data/images.ts';
import type { NpyArray } from '../data/npy.ts';

/** Moves pixel `nextOrder()[i]` to position i, in every image [N, 3, 28, 28] by an order of its own. */
export function permutePixels(
  crops: NpyArray<Uint8Array>,
  nextOrder: () => Uint32Array,
): NpyArray<Uint8Array> {
  const data = new Uint8Array(crops.data.length);
  const imageLength = CHANNEL_COUNT * CROP_PIXELS;
  for (let image = 0; image < data.length; image += imageLength) {
    const order = nextOrder();
    for (let plane = image; plane < image + imageLength; plane += CROP_PIXELS) {
      for (let position = 0; position < CROP_PIXELS; position += 1) {
        data[plane + position] = crops.data[plane + (order[position] as number)] as number;
      }
    }
  }
  return { shape: crops.shape, data };
}
