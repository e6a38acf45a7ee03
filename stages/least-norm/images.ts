/** Images as points in float64: the crops that the models see, normalised by channel. */

import type { Dataset } from '../../experiment/data/dataset.ts';
import type { DatasetInfo } from '../../experiment/data/dataset-info.ts';
import { fail } from '../../experiment/data/failure.ts';
import {
  CHANNEL_COUNT,
  CROP_PIXELS,
  cropImages,
  holdPixels,
  IMAGE_SIZE,
  type LabeledImages,
} from '../../experiment/data/images.ts';

/** Numbers an image. */
export const DIMENSIONS = CHANNEL_COUNT * CROP_PIXELS;

/** Points [n, d] with the class of each. */
export interface LabeledPoints {
  readonly count: number;
  readonly points: Float64Array;
  /** [n], 0 to 9. */
  readonly labels: Uint8Array;
}

/** Images to fit and to be tested on. */
export interface PointSets {
  readonly info: DatasetInfo;
  readonly train: LabeledPoints;
  readonly test: LabeledPoints;
}

/**
 * Takes the images of a data set, for training no more than `most`.
 *
 * @throws StageFailure where they are not pixels
 */
export function readImages({ info, train, test }: Dataset, most: number): PointSets {
  return { info, train: readPoints(info, train, most), test: readPoints(info, test, test.count) };
}

function readPoints(
  { mean, deviation }: DatasetInfo,
  samples: LabeledImages,
  most: number,
): LabeledPoints {
  if (!holdPixels(samples)) return fail('the images are not pixels of 0 to 255');
  const { images } = samples;
  const count = Math.min(samples.count, most);
  const labels = samples.labels.subarray(0, count);
  const { data } = images.shape[2] === IMAGE_SIZE ? cropImages(images) : images;
  const points = new Float64Array(count * DIMENSIONS);
  for (let at = 0; at < points.length; at += 1) {
    const channel = Math.floor(at / CROP_PIXELS) % CHANNEL_COUNT;
    const value = (data[at] as number) / 255 - (mean[channel] as number);
    points[at] = value / (deviation[channel] as number);
  }
  return { count, points, labels };
}

/** The first so many. */
export function takeFirst({ points, labels }: LabeledPoints, count: number): LabeledPoints {
  return {
    count,
    points: points.subarray(0, count * DIMENSIONS),
    labels: labels.subarray(0, count),
  };
}
