import { describe, expect, it } from 'vitest';
import {
  batchGroups,
  countBatches,
  epochCorners,
  epochOrder,
  naturalOrder,
} from '../../../../experiment/training/batches.ts';
import { exampleDataset } from './examples.ts';

const { train: samples, info } = exampleDataset(23, 1);
const source = { samples, info, batchSize: 4, sampleShape: [3, 28, 28] };

describe('the batches of an epoch', () => {
  it('hold every sample once, the last batch being smaller', () => {
    const groups = [...batchGroups(source, naturalOrder(23), 3)].map((group) =>
      group.map(({ labels }) => labels.length),
    );
    expect(groups).toEqual([[4, 4, 4], [4, 4], [3]]);
    expect(countBatches(23, 4)).toBe(6);
    expect(countBatches(50_000, 128)).toBe(391);
  });

  it('hold the samples in the order asked for, whatever the size of the groups', () => {
    const order = epochOrder(42, 1, 23);
    for (const groupSize of [1, 2, 7]) {
      const labels: number[] = [];
      const firstPixels: number[] = [];
      for (const group of batchGroups(source, order, groupSize)) {
        for (const batch of group) {
          expect(batch.images.length).toBe(batch.labels.length * 3 * 28 * 28);
          labels.push(...batch.labels);
          for (let i = 0; i < batch.images.length; i += 3 * 28 * 28) {
            firstPixels.push(batch.images[i] as number);
          }
        }
      }
      expect(labels).toEqual([...order].map((index) => samples.labels[index]));
      const pixelAt = (index: number) => samples.images.data[index * 3 * 32 * 32 + 2 * 32 + 2];
      const expected = [...order].map((index) => (Number(pixelAt(index)) / 255 - 0.46) / 0.24);
      for (const [place, pixel] of firstPixels.entries()) {
        expect(pixel).toBeCloseTo(expected[place] as number, 5);
      }
    }
  });

  it('are cut out where the corners say', () => {
    const corners = epochCorners(42, 1, 23);
    const groups = batchGroups({ ...source, corners }, naturalOrder(23), 1);
    const [batch] = groups.next().value ?? [];
    for (let index = 0; index < 4; index += 1) {
      const [top = 0, left = 0] = corners.subarray(2 * index);
      const first = samples.images.data[index * 3 * 32 * 32 + top * 32 + left];
      expect(batch?.pixels?.values[index * 3 * 28 * 28]).toBe(first);
    }
  });

  it('are cut out anew every epoch, the same for the same seed, evenly over all places', () => {
    expect(epochCorners(42, 1, 50)).toEqual(epochCorners(42, 1, 50));
    expect(epochCorners(42, 2, 50)).not.toEqual(epochCorners(42, 1, 50));
    expect(epochCorners(43, 1, 50)).not.toEqual(epochCorners(42, 1, 50));
    const counts = new Array<number>(25).fill(0);
    const corners = epochCorners(42, 1, 25_000);
    for (let i = 0; i < corners.length; i += 2) {
      const place = 5 * (corners[i] as number) + (corners[i + 1] as number);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    expect(counts).toHaveLength(25);
    // Five standard deviations of a binomial count with mean 1,000.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(155);
  });

  it('come in another order every epoch, the same for the same seed', () => {
    expect(epochOrder(42, 1, 50)).toEqual(epochOrder(42, 1, 50));
    expect(epochOrder(42, 2, 50)).not.toEqual(epochOrder(42, 1, 50));
    expect(epochOrder(43, 1, 50)).not.toEqual(epochOrder(42, 1, 50));
    expect([...epochOrder(42, 3, 50)].sort((a, b) => a - b)).toEqual([...naturalOrder(50)]);
  });
});
