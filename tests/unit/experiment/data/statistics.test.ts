import { describe, expect, it } from 'vitest';
import { cropImages } from '../../../../experiment/data/images.ts';
import { measureChannels } from '../../../../experiment/data/statistics.ts';
import { makeRecords } from './make-records.ts';

const { train, test } = makeRecords({ train: 7, test: 4 });

describe('measureChannels', () => {
  it('equals mean and deviation of pixel/255 in the crop over all sets, by the definition', () => {
    const { mean, deviation } = measureChannels([train.images, test.images]);
    const pixels = [train, test].flatMap(({ images }) => [...cropImages(images).data]);
    for (const channel of [0, 1, 2]) {
      const values = pixels
        .filter((_, index) => Math.floor(index / 784) % 3 === channel)
        .map((pixel) => pixel / 255);
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance =
        values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
      expect(mean[channel]).toBeCloseTo(average, 12);
      expect(deviation[channel]).toBeCloseTo(Math.sqrt(variance), 12);
    }
  });

  it('gives the same doubles whatever the order of the images', () => {
    expect(measureChannels([test.images, train.images])).toEqual(
      measureChannels([train.images, test.images]),
    );
  });

  it('ignores the border outside the crop', () => {
    const framed = { shape: [1, 3, 32, 32], data: new Uint8Array(3072).fill(255) };
    for (let index = 0; index < 3072; index += 1) {
      const [row, column] = [Math.floor((index % 1024) / 32), index % 32];
      if (row >= 2 && row < 30 && column >= 2 && column < 30) framed.data[index] = 51;
    }
    expect(measureChannels([framed]).mean).toEqual([0.2, 0.2, 0.2]);
  });
});
