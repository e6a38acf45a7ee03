import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecords, writeRecords } from '../../../../experiment/data/records.ts';
import { makeRecords } from './make-records.ts';

const ALL = { train: 1000, test: 1000 };
const records = makeRecords({ train: 12, test: 4 });

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'records-'));
  await writeRecords(folder, records);
});
afterEach(() => rm(folder, { recursive: true }));

describe('a records folder', () => {
  it('reads back as it was written', async () => {
    expect(await readRecords(folder, ALL)).toEqual(records);
  });

  it("follows CIFAR-10's layout: label byte, then red, green and blue plane", async () => {
    const bytes = await readFile(join(folder, 'test_batch.bin'));
    expect(bytes.length).toBe(4 * 3073);
    expect(bytes[3073]).toBe(records.test.labels[1]);
    expect(bytes.subarray(3074, 2 * 3073)).toEqual(
      Buffer.from(records.test.images.data.subarray(3072, 2 * 3072)),
    );
  });

  it('spreads the training images evenly over five files', async () => {
    const sizes = await Promise.all(
      [1, 2, 3, 4, 5].map(
        async (n) => (await stat(join(folder, `data_batch_${n}.bin`))).size / 3073,
      ),
    );
    expect(sizes).toEqual([2, 2, 3, 2, 3]);
  });

  it('gives the first images where fewer are wanted', async () => {
    const { train, test } = await readRecords(folder, { train: 5, test: 1 });
    expect([train.count, test.count]).toEqual([5, 1]);
    expect(train.labels).toEqual(records.train.labels.subarray(0, 5));
    expect(train.images.data).toEqual(records.train.images.data.subarray(0, 5 * 3072));
  });
});

describe('readRecords explains', () => {
  const expectFailure = (message: RegExp) =>
    expect(readRecords(folder, ALL)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(message),
    });

  it('a truncated file', async () => {
    await writeFile(join(folder, 'data_batch_3.bin'), Buffer.alloc(5000));
    await expectFailure(/data_batch_3\.bin has 5000 bytes, .* 3073 bytes: .* truncated/);
  });

  it('a label beyond 9', async () => {
    const bytes = Buffer.alloc(3 * 3073);
    bytes[2 * 3073] = 10;
    await writeFile(join(folder, 'test_batch.bin'), bytes);
    await expectFailure(/test_batch\.bin: record 2 has the label 10; expected 0 to 9/);
  });

  it('a missing file', async () => {
    await rm(join(folder, 'data_batch_5.bin'));
    await expectFailure(/cannot read .*data_batch_5\.bin/);
  });

  it('a folder without images', async () => {
    await writeFile(join(folder, 'test_batch.bin'), '');
    await expectFailure(/holds no images in test_batch\.bin/);
  });

  it('a list of classes that is not ten long', async () => {
    await writeFile(join(folder, 'batches.meta.txt'), 'cat\ndog\n\n');
    await expectFailure(/batches\.meta\.txt names 2 classes; expected 10/);
  });

  it('a dataset.json that does not say whether the images are synthetic', async () => {
    await writeFile(join(folder, 'dataset.json'), '{"name": "x", "source_sha256": null}');
    await expectFailure(/dataset\.json .*\n.*'synthetic'/);
  });
});
