/** Puts the images of a batch into the order that a model's first layers read. */

import { scaleAndShift } from '../../data/batch.ts';
import { INPUT, type Model } from '../../models/model.ts';
import { countValues, type Shape } from '../../models/shapes.ts';
import type { Batch } from '../engine.ts';

/** What turns numbers into themselves. */
const AS_IT_IS = { scale: 1, shift: 0 };

/** True where only flatten layers read the images: they stay [N, C, H, W], as batches have them. */
export function readsChannelsFirst({ inputShape, layers }: Model): boolean {
  const readers = layers.filter(({ inputs }) => inputs.includes(INPUT));
  return inputShape.length !== 3 || readers.every(({ layer }) => layer.kind === 'flatten');
}

/** The shape of {@link arrangeImages}' result, without the batch. */
export function arrangedShape({ inputShape }: Model, channelsFirst: boolean): Shape {
  const [channels = 1, ...sizes] = inputShape;
  return channelsFirst ? inputShape : [...sizes, channels];
}

/**
 * The images of a batch as numbers, [N, C, H, W] or [N, H, W, C], in memory of their own: TensorFlow
 * computes on that memory.
 */
export function arrangeImages(
  { inputShape }: Model,
  batch: Batch,
  channelsFirst: boolean,
): Float32Array {
  const { pixels } = batch;
  // The images of a batch of pixels are only made where they are asked for.
  const source = pixels === undefined ? batch.images : pixels.values;
  const size = countValues(inputShape);
  const channels = inputShape.length === 3 ? (inputShape[0] as number) : 1;
  const area = size / channels;
  const arranged = new Float32Array(batch.labels.length * size);
  const stride = channelsFirst ? 1 : channels;
  for (let plane = 0; plane < batch.labels.length * channels; plane += 1) {
    const channel = plane % channels;
    const { scale, shift } =
      pixels === undefined ? AS_IT_IS : scaleAndShift(pixels.normalization, channel);
    const from = plane * area;
    const to = channelsFirst ? from : Math.floor(plane / channels) * size + channel;
    for (let place = 0; place < area; place += 1) {
      arranged[to + place * stride] = (source[from + place] as number) * scale + shift;
    }
  }
  return arranged;
}
