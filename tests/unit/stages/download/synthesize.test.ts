import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabeledImages } from '../../../../experiment/data/images.ts';
import { readRecords } from '../../../../experiment/data/records.ts';
import type { StageContext, StageEvent } from '../../../../pipeline/contract/stage.ts';
import type { Json } from '../../../../pipeline/contract/values.ts';
import { run } from '../../../../stages/download/synthesize.ts';
import { $ } from '../../../fixtures/shell.ts';

let workspace = '';
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'synthesize-'));
});
afterAll(() => rm(workspace, { recursive: true }));

let runs = 0;

async function synthesize(train: Json, test: Json, seed = 42) {
  runs += 1;
  const folder = join(workspace, `records-${runs}`);
  const events: StageEvent[] = [];
  const context: StageContext = {
    schema: 1,
    node: 'synthesize',
    cell: {},
    params: { dataset: { seed, train, test } },
    inputs: {},
    outputs: { records: folder },
    previous: null,
    scratch: workspace,
    workspace,
    cpus: 1,
    memory: null,
    gpus: 0,
    cpusNow: () => 1,
    offline: true,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    $,
  };
  await run(context);
  const records = await readRecords(folder, { train: 1e6, test: 1e6 });
  return { folder, events, records };
}

const countClasses = (labels: Uint8Array) =>
  Array.from({ length: 10 }, (_, label) => labels.filter((other) => other === label).length);

/** Mean red, green and blue of every image. */
function meanColors({ images, count }: LabeledImages<Uint8Array>): number[][] {
  return Array.from({ length: count }, (_, image) =>
    [0, 1, 2].map((channel) => {
      const start = (image * 3 + channel) * 1024;
      return (
        images.data.subarray(start, start + 1024).reduce((sum, value) => sum + value, 0) / 1024
      );
    }),
  );
}

/** Share of test images whose nearest training image, by these features, is of another class. */
function nearestNeighborError(
  train: { labels: Uint8Array; features: number[][] },
  test: { labels: Uint8Array; features: number[][] },
): number {
  const wrong = test.features.filter((features, image) => {
    const distances = train.features.map((other) =>
      other.reduce((sum, value, i) => sum + (value - (features[i] ?? 0)) ** 2, 0),
    );
    return train.labels[distances.indexOf(Math.min(...distances))] !== test.labels[image];
  });
  return wrong.length / test.labels.length;
}

describe('synthesize', () => {
  it('says everywhere that the images are synthetic', async () => {
    const { records, events } = await synthesize(20, 10);
    expect(records.info).toMatchObject({
      name: 'synthetic shapes',
      synthetic: true,
      source_sha256: null,
      note: expect.stringContaining('not CIFAR-10'),
    });
    expect(events).toContainEqual({
      type: 'message',
      level: 'info',
      text: expect.stringContaining('not CIFAR-10'),
    });
  });

  it("writes the files of CIFAR-10's layout, as many images as asked, the classes balanced", async () => {
    const { folder, records } = await synthesize(200, 50);
    expect((await readdir(folder)).sort()).toEqual([
      'batches.meta.txt',
      'data_batch_1.bin',
      'data_batch_2.bin',
      'data_batch_3.bin',
      'data_batch_4.bin',
      'data_batch_5.bin',
      'dataset.json',
      'test_batch.bin',
    ]);
    expect(countClasses(records.train.labels)).toEqual(new Array(10).fill(20));
    expect(countClasses(records.test.labels)).toEqual(new Array(10).fill(5));
    expect(new Set(records.classes).size).toBe(10);
  });

  it('renders the same bytes on every machine', async () => {
    const { folder } = await synthesize(100, 10);
    const digest = createHash('sha256');
    for (const file of (await readdir(folder)).sort())
      digest.update(await readFile(join(folder, file)));
    expect(digest.digest('hex')).toMatchInlineSnapshot(
      `"a6153afde10cc13d53f3452ff1e86ccb5a40e148cc63aab36e26ce5cae19fc3c"`,
    );
  });

  it('begins a larger set with the images of a smaller one', async () => {
    const [small, large] = [await synthesize(33, 7), await synthesize(64, 9)];
    const { images, labels } = large.records.train;
    expect(images.data.subarray(0, 33 * 3072)).toEqual(small.records.train.images.data);
    expect(labels.subarray(0, 33)).toEqual(small.records.train.labels);
  });

  it('renders other images for another seed, and for the test set', async () => {
    const [one, other] = [await synthesize(10, 10, 1), await synthesize(10, 10, 2)];
    const sets = [one.records.train, one.records.test, other.records.train, other.records.test];
    expect(new Set(sets.map(({ images }) => images.data.join())).size).toBe(4);
  });

  it('needs more to tell the class than the mean colour, and more than the nearest image to tell it always', async () => {
    const { train, test } = (await synthesize(600, 200)).records;
    const colorError = nearestNeighborError(
      { labels: train.labels, features: meanColors(train) },
      { labels: test.labels, features: meanColors(test) },
    );
    expect(colorError).toBeGreaterThan(0.5);
    const pixels = ({ images, count }: LabeledImages<Uint8Array>) =>
      Array.from({ length: count }, (_, image) => [
        ...images.data.subarray(image * 3072, (image + 1) * 3072),
      ]);
    const pixelError = nearestNeighborError(
      { labels: train.labels, features: pixels(train) },
      { labels: test.labels, features: pixels(test) },
    );
    expect(pixelError).toBeGreaterThan(0.1);
    expect(pixelError).toBeLessThan(0.85);
  });

  it.each([
    [0, 10, /dataset\.train must be >= 1; found 0/],
    [10, 2.5, /dataset\.test must be integer; found 2\.5/],
  ])('explains sizes that cannot be: %s and %s', async (train, test, message) => {
    await expect(synthesize(train, test)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(message),
    });
  });
});
