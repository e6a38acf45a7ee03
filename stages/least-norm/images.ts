/** Images as points in float64: the crops that the models see, normalised by channel; of equal ones the first. */

import { hash } from 'node:crypto';
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
  /** Training images that equal an earlier one of their class and were left out: they ask nothing more of a solution. */
  readonly repeats: number;
}

/**
 * Takes the images of a data set, for training the first `most` of which none equals another.
 *
 * @throws StageFailure where they are not pixels, or equal ones are of two classes, which no solution fits
 */
export function readImages({ info, train, test }: Dataset, most: number): PointSets {
  const { kept, repeats } = listDifferent(train, most);
  const all = Array.from({ length: test.count }, (_, image) => image);
  return { info, train: readPoints(info, train, kept), test: readPoints(info, test, all), repeats };
}

/** The places of images of which none equals another; how many before the last of them equal an earlier one. */
function listDifferent(samples: LabeledImages, most: number) {
  const { labels, count } = samples;
  const data = cropData(samples);
  const first = new Map<string, number>();
  let repeats = 0;
  for (let image = 0; image < count && first.size < most; image += 1) {
    const pixels = data.subarray(image * DIMENSIONS, (image + 1) * DIMENSIONS);
    const key = hash('sha256', pixels, 'base64');
    const equal = first.get(key);
    if (equal === undefined) {
      first.set(key, image);
    } else if (labels[equal] === labels[image]) {
      repeats += 1;
    } else {
      const classes = `${labels[equal]} and ${labels[image]}`;
      fail(
        `training images ${equal} and ${image} (from 0) are equal, but of classes ${classes}: no function fits both; ` +
          'least norm needs data in which equal images have equal labels',
      );
    }
  }
  return { kept: [...first.values()], repeats };
}

function cropData(samples: LabeledImages): Uint8Array {
  if (!holdPixels(samples)) return fail('the images are not pixels of 0 to 255');
  const { images } = samples;
  return (images.shape[2] === IMAGE_SIZE ? cropImages(images) : images).data;
}

function readPoints(
  { mean, deviation }: DatasetInfo,
  samples: LabeledImages,
  kept: readonly number[],
): LabeledPoints {
  const data = cropData(samples);
  const points = new Float64Array(kept.length * DIMENSIONS);
  for (const [place, image] of kept.entries()) {
    for (let at = 0; at < DIMENSIONS; at += 1) {
      const channel = Math.floor(at / CROP_PIXELS);
      const value = (data[image * DIMENSIONS + at] as number) / 255 - (mean[channel] as number);
      points[place * DIMENSIONS + at] = value / (deviation[channel] as number);
    }
  }
  const labels = Uint8Array.from(kept, (image) => samples.labels[image] as number);
  return { count: kept.length, points, labels };
}

/** The first so many. */
export function takeFirst({ points, labels }: LabeledPoints, count: number): LabeledPoints {
  return {
    count,
    points: points.subarray(0, count * DIMENSIONS),
    labels: labels.subarray(0, count),
  };
}
