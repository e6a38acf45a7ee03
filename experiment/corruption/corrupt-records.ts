/**
 * Splits records and applies one randomization test of the paper (section 2.2) to training and test
 * set alike. The images do not depend on `p`: settings that differ only in label noise give the same.
 */

import type { Dataset } from '../data/dataset.ts';
import type { Corruption, DatasetInfo, Split } from '../data/dataset-info.ts';
import { fail } from '../data/failure.ts';
import { CROP_PIXELS, cropImages, type LabeledImages } from '../data/images.ts';
import { openStream } from '../data/random.ts';
import type { Records } from '../data/records.ts';
import { type ChannelStatistics, measureChannels } from '../data/statistics.ts';
import { corruptLabels } from './labels.ts';
import { drawGaussianImages, randomizePixels, shufflePixels } from './pixels.ts';
import { type ImageSets, splitAtRandom } from './split.ts';

/** How records become a data set. */
export interface CorruptSettings {
  readonly seed: number;
  /** Use at most so many training images. */
  readonly train: number;
  /** Use at most so many test images. */
  readonly test: number;
  readonly split: Split;
  readonly corruption: Corruption;
  /** Probability of label noise. */
  readonly p: number;
}

/** The sets before and after corruption. */
export interface CorruptedRecords {
  readonly before: ImageSets;
  readonly dataset: Dataset;
}

/** Makes a data set out of records. Fails where their images cannot be normalised. */
export function corruptRecords(records: Records, settings: CorruptSettings): CorruptedRecords {
  const before =
    settings.split === 'seed'
      ? splitAtRandom(records, openStream(settings.seed, 'split'))
      : records;
  const statistics = measureChannels([before.train.images, before.test.images]);
  const info = describe(settings, records, before, statistics);
  const dataset = {
    info,
    train: corruptSet('train', before.train, info),
    test: corruptSet('test', before.test, info),
  };
  return { before, dataset };
}

function describe(
  settings: CorruptSettings,
  records: Records,
  sets: ImageSets,
  { mean, deviation }: ChannelStatistics,
): DatasetInfo {
  for (const [channel, name] of ['red', 'green', 'blue'].entries()) {
    if (deviation[channel] === 0) {
      fail(`every ${name} pixel has the same value: such images cannot be normalised`);
    }
  }
  return {
    name: records.info.name,
    synthetic: records.info.synthetic,
    classes: records.classes,
    train: sets.train.count,
    test: sets.test.count,
    split: settings.split,
    corruption: settings.corruption,
    p: settings.p,
    seed: settings.seed,
    mean,
    deviation,
  };
}

/** Applies the randomization test that `info` names to one of the two sets. */
function corruptSet(
  part: 'train' | 'test',
  set: LabeledImages<Uint8Array>,
  info: DatasetInfo,
): LabeledImages {
  return {
    images: corruptImages(part, set, info, info.corruption),
    labels: corruptLabels(set.labels, info.p, openStream(info.seed, `labels/${part}`)),
    count: set.count,
  };
}

function corruptImages(
  part: 'train' | 'test',
  { images, count }: LabeledImages<Uint8Array>,
  info: DatasetInfo,
  corruption: Corruption,
): LabeledImages['images'] {
  switch (corruption) {
    case 'none':
      return images;
    case 'shuff_pix': {
      // One stream for both parts: the test images are permuted as the training images are.
      const order = openStream(info.seed, 'pixels/shuffle').permutation(CROP_PIXELS);
      return shufflePixels(cropImages(images), order);
    }
    case 'rand_pix':
      return randomizePixels(cropImages(images), openStream(info.seed, `pixels/${part}`));
    case 'gauss_pix':
      return drawGaussianImages(count, info, openStream(info.seed, `noise/${part}`));
  }
}
