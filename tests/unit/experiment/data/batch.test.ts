import { describe, expect, it } from 'vitest';
import {
  gatherCrops,
  gatherNumbers,
  gatherPixels,
  normalizePixels,
} from '../../../../experiment/data/batch.ts';
import type { DatasetInfo } from '../../../../experiment/data/dataset.ts';
import { cropImages } from '../../../../experiment/data/images.ts';
import { makeRecords } from './make-records.ts';

const { train, classes } = makeRecords({ train: 5, test: 1 });
const info: DatasetInfo = {
  name: 'random records',
  synthetic: true,
  classes,
  train: 5,
  test: 1,
  split: 'paper',
  corruption: 'none',
  p: 0,
  seed: 42,
  mean: [0.5, 0.25, 0.125],
  deviation: [0.2, 0.3, 0.7],
};
const makeBuffers = (size: number) => ({
  images: new Uint8Array(size * 2352).fill(7),
  labels: new Int32Array(size).fill(-99),
});

/** One pixel of the 28×28 crop, by the definition. */
function pixelAt(image: number, channel: number, row: number, column: number): number {
  return train.images.data[((image * 3 + channel) * 32 + row + 2) * 32 + column + 2] ?? 0;
}

describe('a batch of pixels', () => {
  it('holds the crops of the chosen images in their order, and their labels', () => {
    const into = makeBuffers(2);
    gatherPixels(train, [3, 1], into);
    expect([...into.labels]).toEqual([train.labels[3], train.labels[1]]);
    const numbers = normalizePixels(into.images, info);
    for (const [place, image] of [3, 1].entries()) {
      for (let index = 0; index < 2352; index += 1) {
        const channel = Math.floor(index / 784);
        const pixel = pixelAt(image, channel, Math.floor((index % 784) / 28), index % 28);
        expect(into.images[place * 2352 + index]).toBe(pixel);
        const number = (pixel / 255 - (info.mean[channel] ?? 0)) / (info.deviation[channel] ?? 0);
        expect(numbers[place * 2352 + index]).toBe(Math.fround(number));
      }
    }
  });

  it('takes images that are already cropped as they are', () => {
    const [whole, cropped] = [makeBuffers(1), makeBuffers(1)];
    gatherPixels(train, [4], whole);
    gatherPixels({ ...train, images: cropImages(train.images) }, [4], cropped);
    expect(cropped).toEqual(whole);
  });

  it('leaves the rest of the buffers alone in a smaller last batch', () => {
    const into = makeBuffers(3);
    gatherPixels(train, Uint32Array.of(2), into);
    expect([...into.labels]).toEqual([train.labels[2], -99, -99]);
    expect(into.images.subarray(2352).every((value) => value === 7)).toBe(true);
  });

  it('refuses an index beyond the images and buffers that are too small', () => {
    const gather = (indices: number[]) => gatherPixels(train, indices, makeBuffers(2));
    expect(() => gather([0, 5])).toThrow(RangeError);
    expect(() => gather([0, -1])).toThrow(RangeError);
    expect(() => gather([0, 1, 2])).toThrow(RangeError);
  });
});

describe('a batch of random crops', () => {
  it('holds of each image the 28×28 pixels from its corner on', () => {
    const corners = Uint8Array.of(0, 0, 4, 4, 1, 3, 0, 4, 2, 2);
    const into = makeBuffers(3);
    gatherCrops(train, corners, [3, 1, 2], into);
    expect([...into.labels]).toEqual([train.labels[3], train.labels[1], train.labels[2]]);
    for (const [place, image] of [3, 1, 2].entries()) {
      const [top = 0, left = 0] = corners.subarray(2 * image);
      for (let at = 0; at < 2352; at += 1) {
        const [channel, row, column] = [Math.floor(at / 784), Math.floor((at % 784) / 28), at % 28];
        const expected = pixelAt(image, channel, row + top - 2, column + left - 2);
        expect(into.images[place * 2352 + at]).toBe(expected);
      }
    }
  });

  it('is the central crop where the corner is (2, 2)', () => {
    const [central, cropped] = [makeBuffers(2), makeBuffers(2)];
    gatherPixels(train, [4, 0], central);
    gatherCrops(train, new Uint8Array(10).fill(2), [4, 0], cropped);
    expect(cropped).toEqual(central);
  });
});

describe('a batch of numbers', () => {
  it('is cropped and normalised as pixels are', () => {
    const indices = [4, 0, 2];
    const pixels = makeBuffers(3);
    gatherPixels(train, indices, pixels);
    const { shape, data } = train.images;
    const images = { shape, data: Float32Array.from(data, (pixel) => pixel / 255) };
    const into = { images: new Float32Array(3 * 2352), labels: new Int32Array(3) };
    gatherNumbers({ ...train, images }, info, indices, into);
    expect(into.labels).toEqual(pixels.labels);
    const expected = normalizePixels(pixels.images, info);
    for (const [at, value] of into.images.entries())
      expect(value).toBeCloseTo(expected[at] ?? 0, 5);
  });
});
