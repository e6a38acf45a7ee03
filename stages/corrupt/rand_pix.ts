/** The stage `corrupt` with random pixels (paper, section 2.2): a permutation for each image. */

import type { StageContext } from 'rederive/contract';
import type { CorruptImages } from '../../experiment/corruption/corrupt-records.ts';
import { permutePixels } from '../../experiment/corruption/permute-pixels.ts';
import { CROP_PIXELS, cropImages } from '../../experiment/data/images.ts';
import { openStream } from '../../experiment/data/random.ts';
import { corrupt } from './corrupt.ts';

/** Runs the stage. Reads input `records`, writes output `data`. */
export function run(context: StageContext): Promise<void> {
  return corrupt(context, randomizePixels);
}

const randomizePixels: CorruptImages = ({ images }, { part, info }) => {
  const random = openStream(info.seed, `pixels/${part}`);
  const identity = Uint32Array.from({ length: CROP_PIXELS }, (_, position) => position);
  const order = new Uint32Array(CROP_PIXELS);
  return permutePixels(cropImages(images), () => {
    order.set(identity);
    random.shuffle(order);
    return order;
  });
};
