/** The stage `corrupt` with Gaussian pixels (paper, section 2.2): noise in the place of images. */

import type { StageContext } from 'rederive/contract';
import type { CorruptImages } from '../../experiment/corruption/corrupt-records.ts';
import { CHANNEL_COUNT, CROP_PIXELS, CROP_SIZE } from '../../experiment/data/images.ts';
import { openStream } from '../../experiment/data/random.ts';
import { corrupt } from './corrupt.ts';

/** Runs the stage. Reads input `records`, writes output `data`. */
export function run(context: StageContext): Promise<void> {
  return corrupt(context, drawGaussianImages);
}

/**
 * Images [count, 3, 28, 28] of independent Gaussian pixels with the data set's mean and deviation of
 * each channel, in units of pixel/255, neither clipped nor rounded.
 */
const drawGaussianImages: CorruptImages = ({ count }, { part, info }) => {
  const { mean, deviation } = info;
  const random = openStream(info.seed, `noise/${part}`);
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
};
