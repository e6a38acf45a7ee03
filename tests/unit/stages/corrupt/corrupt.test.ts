import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORRUPTIONS } from '../../../../experiment/corruption/randomization-tests.ts';
import {
  type Dataset,
  type LabeledImages,
  readDataset,
} from '../../../../experiment/data/dataset.ts';
import { cropImages } from '../../../../experiment/data/images.ts';
import { writeRecords } from '../../../../experiment/data/records.ts';
import type { StageContext, StageEvent, StageModule } from '../../../../pipeline/contract/stage.ts';
import type { Json } from '../../../../pipeline/contract/values.ts';
import { $ } from '../../../fixtures/shell.ts';
import { makeRecords } from '../../experiment/data/make-records.ts';

const records = makeRecords({ train: 1500, test: 500 });

let workspace = '';
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'corrupt-'));
  await writeRecords(join(workspace, 'records'), records);
});
afterAll(() => rm(workspace, { recursive: true }));

interface Options {
  readonly corruption?: string;
  readonly p?: Json;
  readonly seed?: number;
  readonly train?: Json;
  readonly test?: number;
  readonly split?: string;
  readonly from?: string;
}

let runs = 0;

/** Runs the stage on the records and gives the folder that it wrote, and what it reported. */
async function corrupt(options: Options) {
  const {
    corruption = 'none',
    p = 0,
    seed = 42,
    train = 1500,
    test = 500,
    split = 'paper',
  } = options;
  runs += 1;
  const folder = join(workspace, `data-${runs}`);
  const events: StageEvent[] = [];
  const context: StageContext = {
    schema: 1,
    node: `corrupt/${p}_${corruption}`,
    cell: { corruption, p },
    params: { seed, dataset: { train, test, split } },
    inputs: { records: [{ cell: {}, path: options.from ?? join(workspace, 'records') }] },
    outputs: { data: folder },
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
  const { run } = (await import(`../../../../stages/corrupt/${corruption}.ts`)) as StageModule;
  await run(context);
  return { folder, events, dataset: await readDataset(folder) };
}

const digest = (bytes: Uint8Array | Float32Array) =>
  createHash('sha256')
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex');

/** The digest of each file of a folder, by its name. */
async function digestFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const digests = names.map(async (name) => [name, digest(await readFile(join(folder, name)))]);
  return Object.fromEntries(await Promise.all(digests));
}

const share = <T>(items: ArrayLike<T>, test: (item: T, index: number) => boolean) =>
  Array.from(items).filter(test).length / items.length;

/** What tells an image and its label from all others: the label and the first 16 bytes. */
function keysOf({ images, labels }: LabeledImages): string[] {
  return Array.from(labels, (label, image) =>
    [label, ...images.data.subarray(image * 3072, image * 3072 + 16)].join(),
  );
}

/** The three channels of every pixel of one image [3, 28, 28], as text, in the order of position. */
function pixelsOf(data: ArrayLike<number>, image: number): string[] {
  const at = (channel: number, position: number) => data[(image * 3 + channel) * 784 + position];
  return Array.from({ length: 784 }, (_, position) =>
    [at(0, position), at(1, position), at(2, position)].join(),
  );
}

describe('corrupt', () => {
  it('writes the same bytes every time', async () => {
    expect(CORRUPTIONS).toEqual(['none', 'shuff_pix', 'rand_pix', 'gauss_pix']);
    for (const corruption of CORRUPTIONS) {
      const [first, second] = [
        await corrupt({ corruption, p: 0.3 }),
        await corrupt({ corruption, p: 0.3 }),
      ];
      expect(await digestFiles(second.folder)).toEqual(await digestFiles(first.folder));
    }
  });

  it('keeps images and labels as they are where nothing is to be corrupted', async () => {
    const { dataset } = await corrupt({});
    for (const part of ['train', 'test'] as const) {
      expect(dataset[part].images.shape).toEqual(records[part].images.shape);
      expect(digest(dataset[part].images.data)).toBe(digest(records[part].images.data));
      expect(dataset[part].labels).toEqual(records[part].labels);
    }
    expect(dataset.info).toMatchObject({
      name: 'random records',
      synthetic: true,
      classes: records.classes,
      train: 1500,
      test: 500,
      split: 'paper',
      corruption: 'none',
      p: 0,
      seed: 42,
    });
  });

  it('uses the first images where fewer are wanted, and normalises by those', async () => {
    const [few, all] = [await corrupt({ train: 100 }), await corrupt({})];
    expect(few.dataset.train.images.shape).toEqual([100, 3, 32, 32]);
    expect(digest(few.dataset.train.images.data)).toBe(
      digest(records.train.images.data.subarray(0, 100 * 3072)),
    );
    expect(few.dataset.info.mean).not.toEqual(all.dataset.info.mean);
    expect(few.events.some(({ type }) => type === 'message')).toBe(false);
  });

  it('says how many images there are where more are wanted', async () => {
    const { dataset, events } = await corrupt({ train: 50_000 });
    expect(dataset.train.count).toBe(1500);
    expect(events).toContainEqual({
      type: 'message',
      level: 'info',
      text: expect.stringMatching(/dataset\.train asks for 50000 images; random records has 1500/),
    });
  });
});

describe('label noise', () => {
  it('replaces a share p of the labels, a tenth of them by what they were, train and test alike', async () => {
    for (const p of [0.2, 0.5, 1]) {
      const { dataset } = await corrupt({ p });
      for (const part of ['train', 'test'] as const) {
        const changed = share(
          dataset[part].labels,
          (label, i) => label !== records[part].labels[i],
        );
        expect(Math.abs(changed - 0.9 * p)).toBeLessThan(0.06);
      }
    }
  });

  it('draws the new labels evenly from all ten classes', async () => {
    const { labels } = (await corrupt({ p: 1 })).dataset.train;
    for (let label = 0; label < 10; label += 1) {
      expect(Math.abs(share(labels, (drawn) => drawn === label) - 0.1)).toBeLessThan(0.03);
    }
  });

  it('only adds to the corrupted labels as p grows', async () => {
    const [some, more] = [await corrupt({ p: 0.3 }), await corrupt({ p: 0.6 })];
    const { labels } = records.train;
    some.dataset.train.labels.forEach((label, i) => {
      if (label !== labels[i]) expect(more.dataset.train.labels[i]).toBe(label);
    });
  });

  it('leaves the bytes of the images alone, so that they are stored once', async () => {
    const [clean, noisy] = await Promise.all(
      [0, 0.7].map(async (p) => digestFiles((await corrupt({ p })).folder)),
    );
    for (const file of ['train_images.npy', 'test_images.npy']) {
      expect(noisy?.[file]).toBe(clean?.[file]);
    }
  });

  it('depends on the seed', async () => {
    const [one, other] = [await corrupt({ p: 1 }), await corrupt({ p: 1, seed: 43 })];
    expect(one.dataset.train.labels).not.toEqual(other.dataset.train.labels);
  });
});

describe('pixel permutations', () => {
  const crops = { train: cropImages(records.train.images), test: cropImages(records.test.images) };

  /** For each position of an image the position that its pixel came from. */
  function orderOf(dataset: Dataset, part: 'train' | 'test', image: number): number[] {
    const origin = new Map(
      pixelsOf(crops[part].data, image).map((pixel, position) => [pixel, position]),
    );
    return pixelsOf(dataset[part].images.data, image).map((pixel) => origin.get(pixel) ?? -1);
  }
  const isPermutation = (order: readonly number[]) =>
    new Set(order).size === 784 && order.every((position) => position >= 0);
  // Only an image without two equal pixels shows its order.
  const unique = { train: findUnique('train'), test: findUnique('test') };
  function findUnique(part: 'train' | 'test'): number[] {
    return Array.from({ length: 20 }, (_, image) => image)
      .filter((image) => new Set(pixelsOf(crops[part].data, image)).size === 784)
      .slice(0, 3);
  }

  it('shuff_pix applies one permutation to all images and channels, train and test', async () => {
    const { dataset } = await corrupt({ corruption: 'shuff_pix' });
    expect(dataset.train.images.shape).toEqual([1500, 3, 28, 28]);
    const order = orderOf(dataset, 'train', unique.train[0] ?? -1);
    expect(isPermutation(order)).toBe(true);
    expect(share(order, (from, to) => from === to)).toBeLessThan(0.02);
    for (const part of ['train', 'test'] as const) {
      for (const image of unique[part]) expect(orderOf(dataset, part, image)).toEqual(order);
    }
  });

  it('rand_pix permutes every image in its own way, its channels together', async () => {
    const { dataset } = await corrupt({ corruption: 'rand_pix' });
    expect(dataset.test.images.shape).toEqual([500, 3, 28, 28]);
    const orders = (['train', 'test'] as const).flatMap((part) =>
      unique[part].map((image) => orderOf(dataset, part, image)),
    );
    expect(orders.every(isPermutation)).toBe(true);
    expect(new Set(orders.map(String)).size).toBe(6);
  });

  it('keep the mean and deviation of the uncorrupted images', async () => {
    const clean = await corrupt({});
    for (const corruption of ['shuff_pix', 'rand_pix', 'gauss_pix']) {
      const { info } = (await corrupt({ corruption })).dataset;
      expect([info.mean, info.deviation]).toEqual([
        clean.dataset.info.mean,
        clean.dataset.info.deviation,
      ]);
    }
  });
});

describe('gauss_pix', () => {
  it("draws float pixels with the data set's mean and deviation, unclipped", async () => {
    const { train, test, info } = (await corrupt({ corruption: 'gauss_pix' })).dataset;
    expect(train.images.data).toBeInstanceOf(Float32Array);
    expect(train.images.shape).toEqual([1500, 3, 28, 28]);
    expect(train.labels).toEqual(records.train.labels);
    for (const channel of [0, 1, 2] as const) {
      const values = Float64Array.from(train.images.data).filter(
        (_, i) => Math.floor(i / 784) % 3 === channel,
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(mean).toBeCloseTo(info.mean[channel], 2);
      expect(Math.sqrt(square)).toBeCloseTo(info.deviation[channel], 2);
    }
    expect(train.images.data.some((value) => value < 0)).toBe(true);
    expect(test.images.data.some((value) => value > 1)).toBe(true);
    expect(test.images.data.subarray(0, 100)).not.toEqual(train.images.data.subarray(0, 100));
  });
});

describe('split: seed', () => {
  it('deals 60,000 records out to 375 and 94 batches of 128, each record once', async () => {
    const from = join(workspace, 'sixty-thousand');
    const many = makeRecords({ train: 50_000, test: 10_000 });
    await writeRecords(from, many);
    const { dataset } = await corrupt({ from, split: 'seed', train: 50_000, test: 10_000 });
    expect([dataset.train.count, dataset.test.count]).toEqual([48_000, 12_000]);
    expect([48_000, 12_000].map((count) => Math.ceil(count / 128))).toEqual([375, 94]);
    const dealt = [...keysOf(dataset.train), ...keysOf(dataset.test)];
    const there = [...keysOf(many.train), ...keysOf(many.test)];
    expect(new Set(there).size).toBe(60_000);
    expect(dealt.sort().join(';') === there.sort().join(';')).toBe(true);
  });

  it('is another one under another seed', async () => {
    const [one, other] = [
      await corrupt({ split: 'seed' }),
      await corrupt({ split: 'seed', seed: 1 }),
    ];
    expect(one.dataset.train.count).toBe(1600);
    expect(keysOf(one.dataset.train)).not.toEqual(keysOf(other.dataset.train));
  });
});

describe('corrupt explains', () => {
  it.each([
    ['a p beyond 1', { p: 1.5 }, /cell\.p must be <= 1; found 1\.5/],
    ['a p that is no number', { p: '0.5' }, /cell\.p must be number; found "0\.5"/],
    ['no training images', { train: 0 }, /params\.dataset\.train must be >= 1; found 0/],
    ['an unknown split', { split: 'half' }, /params\.dataset\.split .*: paper, seed; found "half"/],
    ['records that are not there', { from: '/nowhere' }, /cannot read \/nowhere\/dataset\.json/],
  ])('%s', async (_name, options, message) => {
    await expect(corrupt(options)).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringMatching(message),
    });
  });
});
