/**
 * The stage `corrupt`: takes the first images of a records folder, splits them, and applies one
 * randomization test of the paper (section 2.2) to training and test set alike.
 *
 * The images do not depend on `p`: cells that differ only in label noise write the same bytes.
 */

import type { StageContext } from '../../pipeline/job/contract.ts';
import { type Dataset, writeDataset } from '../data/dataset.ts';
import type { Corruption, DatasetInfo } from '../data/dataset-info.ts';
import { fail } from '../data/failure.ts';
import { CROP_PIXELS, cropImages, type LabeledImages } from '../data/images.ts';
import { openStream } from '../data/random.ts';
import { type Records, readRecords } from '../data/records.ts';
import { type ChannelStatistics, measureChannels } from '../data/statistics.ts';
import { corruptLabels } from './labels.ts';
import { drawGaussianImages, randomizePixels, shufflePixels } from './pixels.ts';
import { type CorruptSettings, readSettings } from './settings.ts';
import { type ImageSets, splitAtRandom } from './split.ts';

/** Runs the stage. Reads input `records`, writes output `data`. */
export async function run(context: StageContext): Promise<void> {
  const settings = readSettings(context);
  const recordsFolder =
    context.inputs['records']?.[0]?.path ?? fail('the input records is missing');
  const dataFolder = context.outputs['data'] ?? fail('the output data is missing');

  const records = await readRecords(recordsFolder, settings);
  reportShortage(context, settings, records);
  const sets =
    settings.split === 'seed'
      ? splitAtRandom(records, openStream(settings.seed, 'split'))
      : records;
  const statistics = measureChannels([sets.train.images, sets.test.images]);
  const info = describe(settings, records, sets, statistics);
  const dataset = {
    info,
    train: corruptSet('train', sets.train, info),
    test: corruptSet('test', sets.test, info),
  };
  await writeDataset(dataFolder, dataset);
  reportSummary(context, sets, dataset);
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

function reportShortage(context: StageContext, asked: CorruptSettings, found: Records): void {
  for (const part of ['train', 'test'] as const) {
    if (found[part].count < asked[part]) {
      context.emit({
        type: 'message',
        level: 'info',
        text:
          `dataset.${part} asks for ${asked[part]} images; ${found.info.name} has ` +
          `${found[part].count} here, and all are used`,
      });
    }
  }
}

function reportSummary(context: StageContext, before: ImageSets, after: Dataset): void {
  const changed = before.train.labels.filter((label, i) => label !== after.train.labels[i]).length;
  context.emit({
    type: 'summary',
    values: { train: after.info.train, test: after.info.test, changed_train_labels: changed },
  });
}
