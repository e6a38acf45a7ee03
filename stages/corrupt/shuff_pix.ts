/** The stage `corrupt` with shuffled pixels (paper, section 2.2): one permutation for all images. */

import type { StageContext } from 'rederive/contract';
import type { CorruptImages } from '../../experiment/corruption/corrupt-records.ts';
import { permutePixels } from '../../experiment/corruption/permute-pixels.ts';
import { CROP_PIXELS, cropImages } from '../../experiment/data/images.ts';
import { openStream } from '../../experiment/data/random.ts';
import { corrupt } from './corrupt.ts';

/** Runs the stage. Reads input `records`, writes output `data`. */
export function run(context: StageContext): Promise<void> {
  return corrupt(context, shufflePixels);
}

/** Permutes the test images as the training images: the stream is one for both. */
const shufflePixels: CorruptImages = ({ images }, { info }) => {
  const order = openStream(info.seed, 'pixels/shuffle').permutation(CROP_PIXELS);
  return permutePixels(cropImages(images), () => order);
};
