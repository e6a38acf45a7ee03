/** The order in which an epoch visits the samples, and the buffers its batches are put in. */

import { assembleBatch, type DatasetInfo, type LabeledImages } from '../data/dataset.ts';
import { openStream } from '../data/random.ts';
import { countValues, type Shape } from '../models/shapes.ts';
import type { Batch } from './engine.ts';

/** A random order of `count` samples, of the stream `batches/<epoch>`; epochs count from 1. */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  return openStream(seed, `batches/${epoch}`).permutation(count);
}

/** 0 … `count` − 1, for a pass that is not shuffled. */
export function naturalOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}

/** Number of batches in an epoch, the last and smaller one included. */
export function countBatches(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}

/** Where batches come from. */
export interface BatchSource {
  readonly samples: LabeledImages;
  readonly info: DatasetInfo;
  readonly batchSize: number;
  /** Shape of a sample as the model takes it. */
  readonly sampleShape: Shape;
}

/**
 * Yields the batches of an order in groups of up to `groupSize` full ones; the last, smaller batch
 * comes in a group of its own. The buffers are reused: a group is valid until the next is taken.
 */
export function* batchGroups(
  { samples, info, batchSize, sampleShape }: BatchSource,
  order: Uint32Array,
  groupSize: number,
): Generator<readonly Batch[]> {
  const sampleSize = countValues(sampleShape);
  const buffers = Array.from({ length: groupSize }, () => ({
    images: new Float32Array(batchSize * sampleSize),
    labels: new Int32Array(batchSize),
  }));
  let start = 0;
  while (start < order.length) {
    const left = order.length - start;
    const size = Math.min(batchSize, left);
    const count = Math.min(groupSize, Math.floor(left / size));
    const group = buffers.slice(0, count).map(({ images, labels }) => ({
      images: images.subarray(0, size * sampleSize),
      labels: labels.subarray(0, size),
    }));
    for (const batch of group) {
      const indices = order.subarray(start, start + size);
      assembleBatch(samples.images, samples.labels, info, indices, batch);
      start += size;
    }
    yield group;
  }
}
