/** A training whose samples lie on the GPU is, to the bit, the one whose batches come from the host. */

import { expect, it } from 'vitest';
import { fail } from '../../../experiment/data/failure.ts';
import { cropImages, type LabeledImages } from '../../../experiment/data/images.ts';
import type { NpyArray } from '../../../experiment/data/npy.ts';
import {
  batchNorm,
  conv,
  dense,
  FLATTEN,
  maxPool,
  RELU,
} from '../../../experiment/models/layers.ts';
import { chainModel } from '../../../experiment/models/model-builder.ts';
import { batchGroups, epochCorners, epochOrder } from '../../../experiment/training/batches.ts';
import type { Checkpoint } from '../../../experiment/training/checkpoint.ts';
import type {
  BatchResult,
  BatchSource,
  Engine,
  PassResults,
} from '../../../experiment/training/engine.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { type Training, trainModel } from '../../../experiment/training/train-loop.ts';
import { type GpuDevice, openDevice } from '../../../experiment/training/webgpu/device.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import { exampleConfig, exampleDataset } from '../../unit/experiment/training/examples.ts';
import { digestOf, PLAIN } from './samples.ts';
import { describeOnGpu } from './webgpu.ts';

const MODEL = chainModel(
  'Passes',
  [3, 28, 28],
  [
    conv('conv', 5, { kernel: 3, stride: 3 }),
    batchNorm('norm', 1e-3),
    RELU,
    maxPool({ kernel: 3, stride: 3 }),
    FLATTEN,
    dense('last', 10),
  ],
);
/** Eighteen batches, the last of one sample: more than are ever submitted together. */
const TRAIN = 35;
const BATCH = 2;
const DATA = exampleDataset(TRAIN, 5);
/** More than the passes are over, and than what is sent at once. */
const MANY = exampleDataset(600, 5);
const PIXELS = DATA.train.images as NpyArray<Uint8Array>;

const numbers = {
  shape: PIXELS.shape,
  data: Float32Array.from(PIXELS.data, (byte) => byte / 255 + 0.01),
};
const cases: readonly [string, NpyArray<Uint8Array | Float32Array>, boolean, number?][] = [
  ['pixels, cut out at random', PIXELS, true],
  ['pixels, cut out centrally', PIXELS, false],
  ['pixels that are cut out already', cropImages(PIXELS), false],
  ['numbers', numbers, false],
  ['pixels in pieces', PIXELS, true, 50_000],
  ['numbers in pieces', numbers, false, 120_000],
];

async function collect(results: PassResults | undefined): Promise<BatchResult[]> {
  const all: BatchResult[] = [];
  for await (const some of results ?? []) all.push(...some);
  return all;
}

async function open(
  changes: Partial<GpuDevice> = {},
  tell: (line: string) => void = () => {},
): Promise<Engine> {
  const engine = await openWebgpuEngine(
    { model: MODEL, sgd: PLAIN, threads: 1, tell },
    { ...(await openDevice()), ...changes },
  );
  await engine.importState(initialState(MODEL, 3));
  return engine;
}

/** The GPU's memory, and what of it has not been given back. */
async function watchMemory(): Promise<Pick<GpuDevice, 'buffer'> & { held: Set<GPUBuffer> }> {
  const device = await openDevice();
  const held = new Set<GPUBuffer>();
  const buffer: GpuDevice['buffer'] = async (label, bytes, usage) => {
    const made = await device.buffer(label, bytes, usage);
    held.add(made);
    const destroy = made.destroy.bind(made);
    made.destroy = () => {
      held.delete(made);
      destroy();
    };
    return made;
  };
  return { buffer, held };
}

/** A GPU that has no memory for some things. */
async function refuse(what: RegExp): Promise<GpuDevice['buffer']> {
  const device = await openDevice();
  return async (label, bytes, usage) =>
    what.test(label) ? fail(`no memory for ${label}`) : device.buffer(label, bytes, usage);
}

const onStep = (): void => {};

await describeOnGpu(() => {
  it.each(cases)('%s', async (_, images, isCropped, pieceBytes) => {
    const { labels } = DATA.train;
    const samples: LabeledImages = { images, labels, count: TRAIN };
    const sources = (isCropped ? [1, 2] : [1]).map(
      (epoch): BatchSource & { order: Uint32Array } => ({
        samples,
        info: DATA.info,
        batchSize: BATCH,
        sampleShape: MODEL.inputShape,
        corners: isCropped ? epochCorners(7, epoch, TRAIN) : undefined,
        order: epochOrder(7, epoch, TRAIN),
      }),
    );
    const held = await open(pieceBytes === undefined ? {} : { pieceBytes });
    const sent = await open();
    for (const { order, ...source } of sources) {
      const expected: BatchResult[] = [];
      for (const group of batchGroups(source, order, 8)) {
        expected.push(...(await sent.train(group, 0.01)));
      }
      expect(await collect(held.trainOver?.({ source, order, onStep }, 0.01))).toEqual(expected);
      expect(digestOf(await held.exportState())).toBe(digestOf(await sent.exportState()));
      const tested: BatchResult[] = [];
      for (const [batch] of batchGroups(source, order, 1)) {
        if (batch === undefined) continue;
        const { loss, correct } = await sent.evaluate(batch);
        tested.push({ loss, correct });
      }
      expect(await collect(held.evaluateOver?.({ source, order, onStep }))).toEqual(tested);
    }
    await held.close();
    await sent.close();
  });

  it.each<[string, () => Promise<Partial<GpuDevice>>, RegExp]>([
    [
      'the memory that the GPU is known to have',
      async () => ({ memory: async () => 1_000_000 }),
      /^2 MB of images stay on the host, .*: the GPU has 1 MB, of which 1 MB are needed for the rest$/,
    ],
    [
      'the memory that it gives',
      async () => ({ buffer: await refuse(/data set/) }),
      /stay on the host, and go to the GPU batch by batch: no memory for the images of the data set$/,
    ],
  ])('images that exceed %s come batch by batch, to the same bits', async (_, change, words) => {
    const told: string[] = [];
    const [held, sent] = [await open(), await open(await change(), (line) => told.push(line))];
    for (const epoch of [1, 2]) {
      const source: BatchSource = {
        samples: MANY.train,
        info: MANY.info,
        batchSize: BATCH,
        sampleShape: MODEL.inputShape,
        corners: epochCorners(7, epoch, TRAIN),
      };
      const pass = { source, order: epochOrder(7, epoch, TRAIN), onStep };
      const expected = await collect(held.trainOver?.(pass, 0.01));
      expect(await collect(sent.trainOver?.(pass, 0.01))).toEqual(expected);
      expect(digestOf(await sent.exportState())).toBe(digestOf(await held.exportState()));
      const tested = await collect(held.evaluateOver?.(pass));
      expect(await collect(sent.evaluateOver?.(pass))).toEqual(tested);
    }
    expect(told).toEqual([
      expect.stringMatching(words),
      expect.stringMatching(/^Takes 1 MB of its memory/),
    ]);
    // What is no number ends a pass at its step here too.
    for (const engine of [held, sent]) await engine.importState(initialState(MODEL, 3));
    const source = {
      samples: MANY.train,
      info: MANY.info,
      batchSize: BATCH,
      sampleShape: MODEL.inputShape,
    };
    const pass = { source, order: epochOrder(7, 1, TRAIN), onStep };
    const failed = await collect(held.trainOver?.(pass, 1e15));
    expect(await collect(sent.trainOver?.(pass, 1e15))).toEqual(failed);
    expect(digestOf(await sent.exportState())).toBe(digestOf(await held.exportState()));
    await held.close();
    await sent.close();
  });

  it('tells the layer where the numbers end, stops at that step, and gives all memory back', async () => {
    const source = {
      samples: DATA.train,
      info: DATA.info,
      batchSize: BATCH,
      sampleShape: MODEL.inputShape,
    };
    const order = epochOrder(7, 1, TRAIN);
    const memory = await watchMemory();
    const [held, again, sent] = [await open(memory), await open(), await open()];
    const expected: BatchResult[] = [];
    for (const [batch] of batchGroups(source, order, 1)) {
      if (batch !== undefined) expected.push(...(await sent.train([batch], 1e15)));
      if (!Number.isFinite(expected.at(-1)?.loss)) break;
    }
    expect(expected.length).toBeGreaterThan(1);
    expect(expected.length).toBeLessThan(TRAIN / BATCH);
    const found = await collect(held.trainOver?.({ source, order, onStep }, 1e15));
    expect(found).toEqual(expected);
    expect(found.at(-1)?.failedLayer).toBeDefined();
    await collect(again.trainOver?.({ source, order, onStep }, 1e15));
    expect(digestOf(await held.exportState())).toBe(digestOf(await again.exportState()));
    await collect(held.evaluateOver?.({ source, order, onStep }));
    expect(memory.held.size).toBeGreaterThan(10);
    await held.close();
    expect([...memory.held].map(({ label }) => label)).toEqual([]);
  });

  it('goes on to the same bits after an interruption amid an epoch', async () => {
    const config = exampleConfig({
      num_epochs: 2,
      batch_size: BATCH,
      crop: true,
      evaluate_every: 1,
      log_every: 5,
    });
    const start = async (changes: Partial<Training>) =>
      trainModel({
        config,
        model: MODEL,
        dataset: DATA,
        engine: await open(),
        runLine: {} as Training['runLine'],
        resumed: null,
        save: async () => {},
        emit: () => {},
        signal: new AbortController().signal,
        cpusNow: () => 1,
        now: () => 0,
        ...changes,
      });
    const straight = await start({});
    const saved: Checkpoint[] = [];
    const interruption = new AbortController();
    let asked = 0;
    const cut = start({
      save: async (checkpoint) => void saved.push(checkpoint),
      signal: interruption.signal,
      // Asked once before each submission: amid the second epoch.
      cpusNow: () => {
        asked += saved.length;
        if (asked === 2) interruption.abort();
        return 1;
      },
    });
    await expect(cut).rejects.toThrow(/abort/);
    expect(saved.map(({ epoch }) => epoch)).toEqual([1]);
    const resumed = await start({ resumed: saved[0] ?? null });
    expect(resumed.checkpoint.metrics).toEqual(straight.checkpoint.metrics);
    expect(digestOf(resumed.checkpoint.state)).toBe(digestOf(straight.checkpoint.state));
  });
});
