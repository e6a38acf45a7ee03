/** Reads and writes a data folder, what the stage `corrupt` makes and training reads. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetInfo, validateDatasetInfo } from './dataset-info.ts';
import { ensureFreeSpace } from './disk-space.ts';
import { fail } from './failure.ts';
import { CHANNEL_COUNT, CLASS_COUNT, CROP_SIZE, IMAGE_SIZE, type LabeledImages } from './images.ts';
import { readJson } from './json.ts';
import { readNpy, writeNpy } from './npy.ts';

export type { DatasetInfo } from './dataset-info.ts';
export type { LabeledImages } from './images.ts';

export interface Dataset {
  readonly info: DatasetInfo;
  readonly train: LabeledImages;
  readonly test: LabeledImages;
}

/**
 * Writes `train_images.npy`, `train_labels.npy`, the same of `test`, and `dataset.json`. Fails with
 * a message for the user where the disk has no room.
 */
export async function writeDataset(folder: string, dataset: Dataset): Promise<void> {
  const bytes = dataset.train.images.data.byteLength + dataset.test.images.data.byteLength;
  await ensureFreeSpace(folder, bytes, `the images of ${dataset.info.name}`);
  await mkdir(folder, { recursive: true });
  for (const part of ['train', 'test'] as const) {
    const { images, labels, count } = dataset[part];
    await writeNpy(join(folder, `${part}_images.npy`), images);
    await writeNpy(join(folder, `${part}_labels.npy`), { shape: [count], data: labels });
  }
  await writeFile(join(folder, 'dataset.json'), `${JSON.stringify(dataset.info, null, 2)}\n`);
}

/** Reads a data folder. Fails with a message for the user where it is damaged or incomplete. */
export async function readDataset(folder: string): Promise<Dataset> {
  const info = await readJson(join(folder, 'dataset.json'), validateDatasetInfo);
  return {
    info,
    train: await readPart(folder, 'train', info.train),
    test: await readPart(folder, 'test', info.test),
  };
}

async function readPart(
  folder: string,
  part: 'train' | 'test',
  count: number,
): Promise<LabeledImages> {
  const imagesPath = join(folder, `${part}_images.npy`);
  const { shape, data } = await readNpy(imagesPath);
  const [images, channels, height, width] = shape;
  if (
    data instanceof Int32Array ||
    shape.length !== 4 ||
    images !== count ||
    channels !== CHANNEL_COUNT ||
    (height !== CROP_SIZE && height !== IMAGE_SIZE) ||
    width !== height
  ) {
    return fail(
      `${imagesPath} has the shape (${shape.join(', ')}); expected uint8 or float32 of ` +
        `(${count}, 3, 28, 28) or (${count}, 3, 32, 32), as dataset.json says`,
    );
  }
  return { images: { shape, data }, labels: await readLabels(folder, part, count), count };
}

async function readLabels(folder: string, part: string, count: number): Promise<Uint8Array> {
  const path = join(folder, `${part}_labels.npy`);
  const { shape, data } = await readNpy(path);
  if (!(data instanceof Uint8Array) || shape.length !== 1 || shape[0] !== count) {
    return fail(`${path} has the shape (${shape.join(', ')}); expected uint8 of (${count},)`);
  }
  const wrong = data.findIndex((label) => label >= CLASS_COUNT);
  if (wrong >= 0) {
    return fail(`${path} holds the label ${data[wrong]} at index ${wrong}; expected 0 to 9`);
  }
  return data;
}
