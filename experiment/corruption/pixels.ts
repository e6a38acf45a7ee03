/**
 * The randomization tests that change images (paper, section 2.2). All act on the central 28×28
 * crop that the models see; permutations move the three channels of a pixel together.
 */

import { CHANNEL_COUNT, CROP_PIXELS, CROP_SIZE } from '../data/images.ts';
import type { NpyArray } from '../data/npy.ts';
import type { RandomStream } from '../data/random.ts';
import type { ChannelStatistics } from '../data/statistics.ts';

/** Shuffled pixels: moves pixel `order[i]` to position i, in every image [N, 3, 28, 28] alike. */
export function shufflePixels(
  crops: NpyArray<Uint8Array>,
  order: Uint32Array,
): NpyArray<Uint8Array> {
  return permuteEach(crops, () => order);
}

/** Random pixels: shuffles the positions of every image [N, 3, 28, 28] anew. */
export function randomizePixels(
  crops: NpyArray<Uint8Array>,
  random: RandomStream,
): NpyArray<Uint8Array> {
  const identity = Uint32Array.from({ length: CROP_PIXELS }, (_, position) => position);
  const order = new Uint32Array(CROP_PIXELS);
  return permuteEach(crops, () => {
    order.set(identity);
    random.shuffle(order);
    return order;
  });
}

/**
 * Gaussian: `count` images [count, 3, 28, 28] of independent Gaussian pixels with the data set's
 * mean and deviation of each channel, in units of pixel/255, neither clipped nor rounded.
 */
export function drawGaussianImages(
  count: number,
  { mean, deviation }: ChannelStatistics,
  random: RandomStream,
): NpyArray<Float32Array> {
  const data = new Float32Array(count * CHANNEL_COUNT * CROP_PIXELS);
  for (let plane = 0; plane < count * CHANNEL_COUNT; plane += 1) {
    const center = mean[plane % CHANNEL_COUNT] as number;
    const spread = deviation[plane % CHANNEL_COUNT] as number;
    const start = plane * CROP_PIXELS;
    for (let index = start; index < start + CROP_PIXELS; index += 1) {
      data[index] = center + spread * random.normal();
    }
  }
  return { shape: [count, CHANNEL_COUNT, CROP_SIZE, CROP_SIZE], data };
}

function permuteEach(
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
