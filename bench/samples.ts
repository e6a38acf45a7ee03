/** What the benchmarks train and evaluate on. */

import type { LabeledImages } from '../experiment/data/dataset.ts';
import { CHANNEL_COUNT, CLASS_COUNT, IMAGE_BYTES, IMAGE_SIZE } from '../experiment/data/images.ts';
import { openStream } from '../experiment/data/random.ts';
import type { Model } from '../experiment/models/model.ts';
import { batchGroups, epochOrder } from '../experiment/training/batches.ts';
import type { Batch, BatchSource } from '../experiment/training/engine.ts';

/** Random images as CIFAR-10 stores them: what a step costs does not depend on what they show. */
export function randomSource(model: Model, count: number, batchSize: number): BatchSource {
  const stream = openStream(1, 'bench/images');
  const data = Uint8Array.from({ length: count * IMAGE_BYTES }, () => stream.integer(256));
  const labels = Uint8Array.from({ length: count }, () => stream.integer(CLASS_COUNT));
  const shape = [count, CHANNEL_COUNT, IMAGE_SIZE, IMAGE_SIZE];
  const samples: LabeledImages = { images: { shape, data }, labels, count };
  const info = { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] } as const;
  return { samples, info, batchSize, sampleShape: model.inputShape };
}

/** The batches of one epoch after the other, without end, in groups of up to `groupSize`. */
export function* endlessGroups(
  source: BatchSource,
  groupSize: number,
): Generator<readonly Batch[], never> {
  for (let epoch = 1; ; epoch += 1) {
    yield* batchGroups(source, epochOrder(1, epoch, source.samples.count), groupSize);
  }
}
