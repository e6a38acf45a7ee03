/**
 * Splits records and applies one randomization test of the paper (section 2.2) to training and test
 * set alike. The images do not depend on `p`: settings that differ only in label noise give the same.
 */

import type { Dataset } from '../data/dataset.ts';
import type { DatasetInfo, Split } from '../data/dataset-info.ts';
import { fail } from '../data/failure.ts';
import type { LabeledImages } from '../data/images.ts';
import { openStream } from '../data/random.ts';
import type { Records } from '../data/records.ts';
import { type ChannelStatistics, measureChannels } from '../data/statistics.ts';
import { corruptLabels } from './labels.ts';
import { type ImageSets, splitAtRandom } from './split.ts';

/** How records become a data set. */
export interface CorruptSettings {
  readonly seed: number;
  /** Use at most so many training images. */
  readonly train: number;
  /** Use at most so many test images. */
  readonly test: number;
  readonly split: Split;
  /** What is done to the images, for the records. */
  readonly corruption: string;
  /** Probability of label noise. */
  readonly p: number;
}

/**
 * What one randomization test does to the images of a set, drawn from streams of the data's seed. It leaves
 * the images it is given as they are.
 */
export type CorruptImages = (
  set: LabeledImages<Uint8Array>,
  about: { readonly part: 'train' | 'test'; readonly info: DatasetInfo },
) => LabeledImages['images'];

/** Leaves images as they are. */
export const keepImages: CorruptImages = ({ images }) => images;

/** The sets before and after corruption. */
export interface CorruptedRecords {
  readonly before: ImageSets;
  readonly dataset: Dataset;
}

/** Makes a data set out of records. Fails where their images cannot be normalised. */
export function corruptRecords(
  records: Records,
  settings: CorruptSettings,
  corruptImages: CorruptImages,
): CorruptedRecords {
  const before =
    settings.split === 'seed'
      ? splitAtRandom(records, openStream(settings.seed, 'split'))
      : records;
  const statistics = measureChannels([before.train.images, before.test.images]);
  const info = describe(settings, records, before, statistics);
  const dataset = {
    info,
    train: corruptSet('train', before.train, info, corruptImages),
    test: corruptSet('test', before.test, info, corruptImages),
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

/** Corrupts images and labels of one of the two sets. */
function corruptSet(
  part: 'train' | 'test',
  set: LabeledImages<Uint8Array>,
  info: DatasetInfo,
  corruptImages: CorruptImages,
): LabeledImages {
  return {
    images: corruptImages(set, { part, info }),
    labels: corruptLabels(set.labels, info.p, openStream(info.seed, `labels/${part}`)),
    count: set.count,
  };
}
