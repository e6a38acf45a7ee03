import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../../experiment/data/dataset.ts';
import { openStream } from '../../../../experiment/data/random.ts';
import { readImages } from '../../../../stages/least-norm/images.ts';
import { solveKernels } from '../../../../stages/least-norm/kernel-problems.ts';
import { solveLeastSquares } from '../../../../stages/least-norm/least-squares-problems.ts';

const PIXELS = 3 * 28 * 28;
const COUNT = 24;

/** Images of noise, of which the last two equal the first two; and the labels of these two. */
function makeDataset(last: readonly [number, number]): Dataset {
  const random = openStream(3, 'test/images');
  const data = Uint8Array.from({ length: COUNT * PIXELS }, () => random.integer(256));
  data.copyWithin((COUNT - 2) * PIXELS, 0, 2 * PIXELS);
  const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 10);
  labels.set(last, COUNT - 2);
  const set = { images: { shape: [COUNT, 3, 28, 28], data }, labels, count: COUNT };
  const info = {
    name: 'noise',
    synthetic: true,
    mean: [0.5, 0.5, 0.5],
    deviation: [0.25, 0.25, 0.25],
  };
  return { info: info as unknown as Dataset['info'], train: set, test: set };
}

const settings = {
  seed: 1,
  leastSquares: [COUNT - 2, COUNT],
  kernel: [COUNT - 2, COUNT],
  epochs: 2,
};

describe('equal training images', () => {
  it('of one class are one equation: what is left is solved, and they are counted', () => {
    const images = readImages(makeDataset([0, 1]), COUNT);
    expect(images.repeats).toBe(2);
    expect(images.train.count).toBe(COUNT - 2);
    // Those of the test set count one by one.
    expect(images.test.count).toBe(COUNT);
    const [solution, ...others] = solveKernels(images, settings, () => {});
    expect(others).toEqual([]);
    expect(solution?.train).toBe(COUNT - 2);
    expect(solution?.residual).toBeLessThan(1e-9);
    // The repeated images are fitted as well.
    expect(solution?.test_error).toBe(0);
    expect([...solveLeastSquares(images, settings)]).toHaveLength(2);
  });

  it('of two classes have no solution, which is said with their places and classes', () => {
    expect(() => readImages(makeDataset([0, 7]), COUNT)).toThrow(
      /^training images 1 and 23 \(from 0\) are equal, but of classes 1 and 7: no function fits both/,
    );
    // Those that no problem asks for may contradict each other.
    expect(readImages(makeDataset([0, 7]), COUNT - 2).train.count).toBe(COUNT - 2);
  });

  it('all but equal ones end with a sentence, and no error of the algebra', () => {
    const dataset = makeDataset([0, 1]);
    const images = dataset.train.images.data;
    for (let image = 1; image < COUNT; image += 1) {
      images.copyWithin(image * PIXELS, 0, PIXELS);
      images[image * PIXELS + image] = ((images[image * PIXELS + image] as number) + 1) % 256;
    }
    const near = readImages(dataset, COUNT);
    near.train.points.set(near.train.points.subarray(0, PIXELS), PIXELS);
    expect(() => solveKernels(near, settings, () => {})).toThrow(
      /images are all but equal to each other: the matrix is not positive definite at row 1/,
    );
  });
});
