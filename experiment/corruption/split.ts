/** Divides the images into a training and a test set. */

import { IMAGE_BYTES, type LabeledImages } from '../data/images.ts';
import type { RandomStream } from '../data/random.ts';

const TRAIN_SHARE = 0.8;

export interface ImageSets {
  readonly train: LabeledImages<Uint8Array>;
  readonly test: LabeledImages<Uint8Array>;
}

/** Pools both sets and deals them out anew, 80 % to training, in a random order. */
export function splitAtRandom({ train, test }: ImageSets, random: RandomStream): ImageSets {
  const total = train.count + test.count;
  const order = random.permutation(total);
  const trainCount = Math.floor(total * TRAIN_SHARE);
  return {
    train: pick(train, test, order.subarray(0, trainCount)),
    test: pick(train, test, order.subarray(trainCount)),
  };
}

/** The images at these places of the pool, which is `first` and then `second`. */
function pick(
  first: LabeledImages<Uint8Array>,
  second: LabeledImages<Uint8Array>,
  places: Uint32Array,
): LabeledImages<Uint8Array> {
  const data = new Uint8Array(places.length * IMAGE_BYTES);
  const labels = new Uint8Array(places.length);
  for (const [target, place] of places.entries()) {
    const [source, index] = place < first.count ? [first, place] : [second, place - first.count];
    const start = index * IMAGE_BYTES;
    data.set(source.images.data.subarray(start, start + IMAGE_BYTES), target * IMAGE_BYTES);
    labels[target] = source.labels[index] as number;
  }
  return {
    images: { shape: [places.length, ...first.images.shape.slice(1)], data },
    labels,
    count: places.length,
  };
}
