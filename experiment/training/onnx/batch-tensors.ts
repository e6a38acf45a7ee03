/** Batches as the inputs of the compiled graphs. */

import { type Normalization, scaleAndShift } from '../../data/batch.ts';
import type { Model } from '../../models/model.ts';
import type { Batch } from '../engine.ts';
import { imagesOf, labelsOf, PIXEL_SCALE, PIXEL_SHIFT } from './compile.ts';
import type { Runtime } from './runtime.ts';
import type { Tensors } from './state-tensors.ts';

/** What decides which graph a batch fits. */
export interface BatchKind {
  readonly batchSize: number;
  readonly normalization: Normalization | undefined;
}

export function kindOf({ labels, pixels }: Batch): BatchKind {
  return { batchSize: labels.length, normalization: pixels?.normalization };
}

/** How many batches at the front are of the first one's kind: one run can take them. */
export function countAlike(batches: readonly Batch[]): number {
  const [first] = batches;
  if (first === undefined) return 0;
  const { batchSize, normalization } = kindOf(first);
  const other = batches.findIndex(
    ({ labels, pixels }) => labels.length !== batchSize || pixels?.normalization !== normalization,
  );
  return other === -1 ? batches.length : other;
}

/** The inputs of batches of one kind: images and labels by step, and how pixels become numbers. */
export function feedBatches(runtime: Runtime, model: Model, batches: readonly Batch[]): Tensors {
  const feeds: Tensors = {};
  for (const [step, batch] of batches.entries()) {
    const { labels, pixels } = batch;
    // The images of a batch of pixels are only made where they are asked for.
    const values = pixels === undefined ? batch.images : pixels.values;
    feeds[imagesOf(step)] = runtime.tensor(values, [labels.length, ...model.inputShape]);
    feeds[labelsOf(step)] = runtime.tensor(labels, [labels.length]);
  }
  const normalization = batches[0]?.pixels?.normalization;
  return normalization === undefined ? feeds : { ...feeds, ...feedScale(runtime, normalization) };
}

/** The inputs by which the graph normalises pixels. */
function feedScale(runtime: Runtime, normalization: Normalization): Tensors {
  const channels = normalization.mean.map((_, channel) => scaleAndShift(normalization, channel));
  const scale = Float32Array.from(channels, (each) => each.scale);
  const shift = Float32Array.from(channels, (each) => each.shift);
  return {
    [PIXEL_SCALE]: runtime.tensor(scale, [channels.length]),
    [PIXEL_SHIFT]: runtime.tensor(shift, [channels.length, 1, 1]),
  };
}
