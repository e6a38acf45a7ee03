/**
 * The stage `corrupt`, whichever the corruption: takes the first images of a records folder, splits them,
 * and applies one randomization test of the paper (section 2.2) to training and test set alike.
 */

import type { StageContext } from 'rederive/contract';
import {
  type CorruptImages,
  type CorruptSettings,
  corruptRecords,
} from '../../experiment/corruption/corrupt-records.ts';
import type { ImageSets } from '../../experiment/corruption/split.ts';
import { type Dataset, writeDataset } from '../../experiment/data/dataset.ts';
import { fail } from '../../experiment/data/failure.ts';
import { type Records, readRecords } from '../../experiment/data/records.ts';
import { readCorruptSettings } from './settings.ts';

/**
 * Runs the stage with what a corruption does to images. Reads input `records`, writes output
 * `data`.
 *
 * @throws StageFailure where parameters, inputs or outputs are not as the stage needs them
 */
export async function corrupt(context: StageContext, corruptImages: CorruptImages): Promise<void> {
  const settings = readCorruptSettings(context);
  const recordsFolder =
    context.inputs['records']?.[0]?.path ?? fail('the input records is missing');
  const dataFolder = context.outputs['data'] ?? fail('the output data is missing');

  const records = await readRecords(recordsFolder, settings);
  reportShortage(context, settings, records);
  const { before, dataset } = corruptRecords(records, settings, corruptImages);
  await writeDataset(dataFolder, dataset);
  reportSummary(context, before, dataset);
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
