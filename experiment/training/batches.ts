/**
 * The order in which an epoch visits the samples, where it cuts them out, and the buffers its batches
 * are put in.
 */

import {
  gatherCrops,
  gatherNumbers,
  gatherPixels,
  type Normalization,
  normalizePixels,
} from '../data/batch.ts';
import { CROP_SIZE, holdPixels, IMAGE_SIZE, type LabeledImages } from '../data/images.ts';
import { openStream } from '../data/random.ts';
import { countValues } from '../models/shapes.ts';
import type { Batch, BatchSource, Pixels } from './engine.ts';

/** A random order of `count` samples, of the stream `batches/<epoch>`; epochs count from 1. */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  return openStream(seed, `batches/${epoch}`).permutation(count);
}

/**
 * Where an epoch cuts each of `count` images out: row and column of the upper left corner, one image
 * after the other, uniform in 0 … 4, of the stream `crops/<epoch>`.
 */
export function epochCorners(seed: number, epoch: number, count: number): Uint8Array {
  const stream = openStream(seed, `crops/${epoch}`);
  return new Uint8Array(2 * count).map(() => stream.integer(IMAGE_SIZE - CROP_SIZE + 1));
}

/** 0 … `count` − 1, for a pass that is not shuffled. */
export function naturalOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}

/** Number of batches in an epoch, the last and smaller one included. */
export function countBatches(samples: number, batchSize: number): number {
  return Math.ceil(samples / batchSize);
}

/** Samples of the batch at a place of an epoch, which counts from 0. */
export function sizeOfBatch(place: number, samples: number, batchSize: number): number {
  return Math.min(batchSize, samples - place * batchSize);
}

/**
 * Yields the batches of an order in groups of up to `groupSize` full ones; the last, smaller batch
 * comes in a group of its own. The buffers are reused: a group is valid until the next is taken.
 */
export function* batchGroups(
  source: BatchSource,
  order: Uint32Array,
  groupSize: number,
): Generator<readonly Batch[]> {
  const { batchSize, sampleShape } = source;
  const sampleSize = countValues(sampleShape);
  const gather = makeGather(source, batchSize * sampleSize, groupSize);
  const labels = Array.from({ length: groupSize }, () => new Int32Array(batchSize));
  let start = 0;
  while (start < order.length) {
    const left = order.length - start;
    const size = Math.min(batchSize, left);
    const count = Math.min(groupSize, Math.floor(left / size));
    const group: Batch[] = [];
    for (const [place, buffer] of labels.slice(0, count).entries()) {
      const indices = order.subarray(start, start + size);
      group.push(gather(place, indices, buffer.subarray(0, size), size * sampleSize));
      start += size;
    }
    yield group;
  }
}

/** Gathers the samples at `indices` into the buffers at this place of a group. */
type Gather = (place: number, indices: Uint32Array, labels: Int32Array, length: number) => Batch;

function makeGather(
  { samples, info, corners }: BatchSource,
  length: number,
  groupSize: number,
): Gather {
  if (holdPixels(samples)) {
    const buffers = Array.from({ length: groupSize }, () => new Uint8Array(length));
    return (place, indices, labels, used) => {
      const pixels = (buffers[place] as Uint8Array).subarray(0, used);
      const into = { images: pixels, labels };
      if (corners === undefined) gatherPixels(samples, indices, into);
      else gatherCrops(samples, corners, indices, into);
      return new PixelBatch(pixels, info, labels);
    };
  }
  const numbers = samples as LabeledImages<Float32Array>;
  const buffers = Array.from({ length: groupSize }, () => new Float32Array(length));
  return (place, indices, labels, used) => {
    const images = (buffers[place] as Float32Array).subarray(0, used);
    gatherNumbers(numbers, info, indices, { images, labels });
    return { images, labels };
  };
}

/** A batch of pixels, normalised when an engine asks for numbers. */
class PixelBatch implements Batch {
  readonly pixels: Pixels;
  readonly labels: Int32Array;

  constructor(values: Uint8Array, normalization: Normalization, labels: Int32Array) {
    this.pixels = { values, normalization };
    this.labels = labels;
  }

  get images(): Float32Array {
    return normalizePixels(this.pixels.values, this.pixels.normalization);
  }
}
