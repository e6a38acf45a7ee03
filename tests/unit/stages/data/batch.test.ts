import { describe, expect, it } from 'vitest';
import { assembleBatch, type DatasetInfo } from '../../../../stages/data/dataset.ts';
import { cropImages } from '../../../../stages/data/images.ts';
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
  images: new Float32Array(size * 2352).fill(-99),
  labels: new Int32Array(size).fill(-99),
});

/** The normalised value of one pixel of the 28×28 crop, by the definition. */
function expectedAt(image: number, channel: number, row: number, column: number): number {
  const pixel = train.images.data[((image * 3 + channel) * 32 + row + 2) * 32 + column + 2] ?? 0;
  return Math.fround((pixel / 255 - (info.mean[channel] ?? 0)) / (info.deviation[channel] ?? 0));
}

describe('assembleBatch', () => {
  it('crops, scales and normalises the chosen images in their order', () => {
    const into = makeBuffers(2);
    assembleBatch(train.images, train.labels, info, [3, 1], into);
    expect([...into.labels]).toEqual([train.labels[3], train.labels[1]]);
    for (const [place, image] of [3, 1].entries()) {
      for (let index = 0; index < 2352; index += 1) {
        const [channel, row, column] = [
          Math.floor(index / 784),
          Math.floor((index % 784) / 28),
          index % 28,
        ];
        expect(into.images[place * 2352 + index]).toBe(expectedAt(image, channel, row, column));
      }
    }
  });

  it('takes images that are already cropped as they are', () => {
    const [whole, cropped] = [makeBuffers(1), makeBuffers(1)];
    assembleBatch(train.images, train.labels, info, [4], whole);
    assembleBatch(cropImages(train.images), train.labels, info, [4], cropped);
    expect(cropped).toEqual(whole);
  });

  it('normalises float images in units of pixel/255', () => {
    const crops = cropImages(train.images);
    const floats = {
      shape: crops.shape,
      data: Float32Array.from(crops.data, (pixel) => pixel / 255),
    };
    const [fromPixels, fromFloats] = [makeBuffers(5), makeBuffers(5)];
    assembleBatch(crops, train.labels, info, [0, 1, 2, 3, 4], fromPixels);
    assembleBatch(floats, train.labels, info, [0, 1, 2, 3, 4], fromFloats);
    const largest = fromPixels.images.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (fromFloats.images[index] ?? 0))),
      0,
    );
    expect(largest).toBeLessThan(1e-6);
  });

  it('leaves the rest of the buffers alone in a smaller last batch', () => {
    const into = makeBuffers(3);
    assembleBatch(train.images, train.labels, info, Uint32Array.of(2), into);
    expect([...into.labels]).toEqual([train.labels[2], -99, -99]);
    expect(into.images.subarray(2352).every((value) => value === -99)).toBe(true);
  });

  it('refuses an index beyond the images and buffers that are too small', () => {
    const assemble = (indices: number[]) =>
      assembleBatch(train.images, train.labels, info, indices, makeBuffers(2));
    expect(() => assemble([5])).toThrow(RangeError);
    expect(() => assemble([0, 1, 2])).toThrow(RangeError);
  });
});
