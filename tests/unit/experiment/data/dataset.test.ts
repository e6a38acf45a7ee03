import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Dataset, readDataset, writeDataset } from '../../../../experiment/data/dataset.ts';
import { writeNpy } from '../../../../experiment/data/npy.ts';
import { makeRecords } from './make-records.ts';

const records = makeRecords({ train: 6, test: 3 });
const dataset: Dataset = {
  info: {
    name: 'random records',
    synthetic: true,
    classes: records.classes,
    train: 6,
    test: 3,
    split: 'paper',
    corruption: 'none',
    p: 0.1,
    seed: 42,
    mean: [0.49, 0.48, 0.1 + 0.2],
    deviation: [0.24, 0.25, 1 / 3],
  },
  train: records.train,
  test: records.test,
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'));
  await writeDataset(folder, dataset);
});
afterEach(() => rm(folder, { recursive: true }));

const expectFailure = (message: RegExp) =>
  expect(readDataset(folder)).rejects.toMatchObject({
    name: 'StageFailure',
    message: expect.stringMatching(message),
  });

describe('a data folder', () => {
  it('reads back as it was written, doubles included', async () => {
    expect(await readDataset(folder)).toEqual(dataset);
  });
});

describe('readDataset explains', () => {
  it('a dataset.json with several mistakes, all of them', async () => {
    const path = join(folder, 'dataset.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"paper"', '"half"').replace('"p": 0.1', '"p": 1.5'));
    await expectFailure(
      /split must be .*: paper, seed; found "half"\n.*p must be <= 1; found 1\.5/,
    );
  });

  it('a dataset.json that is not JSON', async () => {
    await writeFile(join(folder, 'dataset.json'), '{"name": ');
    await expectFailure(/dataset\.json is not JSON/);
  });

  it('images that are fewer than dataset.json says', async () => {
    await writeNpy(join(folder, 'train_images.npy'), {
      shape: [5, 3, 32, 32],
      data: new Uint8Array(5 * 3072),
    });
    await expectFailure(
      /train_images\.npy has the shape \(5, 3, 32, 32\); expected .*\(6, 3, 28, 28\)/,
    );
  });

  it('labels that are fewer than the images', async () => {
    await writeNpy(join(folder, 'test_labels.npy'), { shape: [2], data: new Uint8Array(2) });
    await expectFailure(/test_labels\.npy has the shape \(2\); expected uint8 of \(3,\)/);
  });

  it('a label beyond 9', async () => {
    const data = Uint8Array.of(1, 200, 3);
    await writeNpy(join(folder, 'test_labels.npy'), { shape: [3], data });
    await expectFailure(/test_labels\.npy holds the label 200 at index 1; expected 0 to 9/);
  });
});
