/** Mean and deviation of the pixels, by which training normalises. */

import type { PerChannel } from './dataset-info.ts';
import { CHANNEL_COUNT, CROP_SIZE, IMAGE_SIZE } from './images.ts';
import type { NpyArray } from './npy.ts';

export interface ChannelStatistics {
  readonly mean: PerChannel;
  /** Population standard deviation. */
  readonly deviation: PerChannel;
}

/**
 * Mean and standard deviation of pixel/255 a channel, over the central 28×28 of all images of all
 * `sets`, each [N, 3, 32, 32]. Pixel values are counted first, so the sums are exact and do not
 * depend on the order of the images.
 */
export function measureChannels(sets: readonly NpyArray<Uint8Array>[]): ChannelStatistics {
  const histograms = countPixelValues(sets);
  const ofChannel = (channel: number) =>
    summarize(histograms.subarray(channel * 256, (channel + 1) * 256));
  const [red, green, blue] = [ofChannel(0), ofChannel(1), ofChannel(2)];
  return {
    mean: [red.mean, green.mean, blue.mean],
    deviation: [red.deviation, green.deviation, blue.deviation],
  };
}

interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

/** How often each of the 256 values occurs, channel after channel. */
function countPixelValues(sets: readonly NpyArray<Uint8Array>[]): Float64Array {
  const histograms = new Float64Array(CHANNEL_COUNT * 256);
  const margin = (IMAGE_SIZE - CROP_SIZE) / 2;
  for (const { shape, data } of sets) {
    const planes = (shape[0] ?? 0) * CHANNEL_COUNT;
    for (let plane = 0; plane < planes; plane += 1) {
      const offset = (plane % CHANNEL_COUNT) * 256;
      for (let row = margin; row < margin + CROP_SIZE; row += 1) {
        const start = (plane * IMAGE_SIZE + row) * IMAGE_SIZE + margin;
        for (let index = start; index < start + CROP_SIZE; index += 1) {
          const bin = offset + (data[index] as number);
          histograms[bin] = (histograms[bin] as number) + 1;
        }
      }
    }
  }
  return histograms;
}

function summarize(histogram: Float64Array): Moments {
  const count = histogram.reduce((sum, times) => sum + times, 0);
  const mean = histogram.reduce((sum, times, value) => sum + times * value, 0) / count;
  const squares = histogram.reduce((sum, times, value) => sum + times * (value - mean) ** 2, 0);
  return { mean: mean / 255, deviation: Math.sqrt(squares / count) / 255 };
}
