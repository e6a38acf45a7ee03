/** The kernel problems: ten classes fitted exactly with a Gaussian kernel on raw pixels. */

import { CLASS_COUNT } from '../../experiment/data/images.ts';
import type { Solution } from '../../experiment/recorded/solution.ts';
import { factorizeOrFail, solve } from './cholesky.ts';
import { DIMENSIONS, type LabeledPoints, type PointSets, takeFirst } from './images.ts';
import { copyMatrix, evaluateKernel, gramOf, makePoints, type Points, sharpen } from './kernels.ts';
import type { Settings } from './settings.ts';
import { tileMatrix } from './tiles.ts';

/** σ² by the median of the squared distances of images: one of these, chosen on images held out. */
const WIDTHS = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

/** From so many of the training images a width is chosen: fitted on nine tenths, tested on the rest. */
const CHOSEN_FROM = 1000;
const FITTED_SHARE = 0.9;

/** Images whose distances the median is of. */
const SAMPLED = 200;

/**
 * Solves each problem that there are enough images for.
 *
 * @param tell is called with the share that is done, 0 to 1
 * @throws StageFailure where images differ by too little for their kernel to tell them apart
 */
export function solveKernels(
  { info, train, test }: PointSets,
  { seed, kernel }: Settings,
  tell: (share: number) => void,
): readonly Solution[] {
  const scale = medianSquare(train);
  const width = chooseWidth(train, scale);
  const sharpness = 1 / (2 * width * scale);
  const tested = toPoints(test);
  const sizes = kernel.filter((size) => size <= train.count);
  const total = sizes.reduce((sum, size) => sum + size ** 2, 0);
  let done = 0;
  return sizes.map((count): Solution => {
    const images = takeFirst(train, count);
    const points = toPoints(images);
    const gram = gramOf(points);
    sharpen(gram, points, sharpness);
    factorizeOrFail(gram, `some of the first ${count} images are all but equal to each other`);
    const targets = targetsOf(images.labels);
    const coefficients = Float64Array.from(targets);
    solve(gram, coefficients);
    const fitted = evaluateKernel(points, coefficients, sharpness, points);
    const predicted = evaluateKernel(points, coefficients, sharpness, tested);
    // |f|² = αᵀ K α, and K α are the targets.
    const square = coefficients.reduce((sum, one, i) => sum + one * (targets[i] as number), 0);
    done += count ** 2;
    tell(done / total);
    return {
      ...{ experiment: `gaussian-kernel_${count}`, model: 'Gaussian kernel', method: 'exact' },
      ...{ dataset: info.name, synthetic: info.synthetic, seed },
      ...{ train: count, test: test.count, dimensions: DIMENSIONS },
      epochs: null,
      residual: fitted.reduce(
        (most, f, i) => Math.max(most, Math.abs(f - (targets[i] as number))),
        0,
      ),
      ...{ norm: Math.sqrt(square), least_norm: Math.sqrt(square), distance: 0, outside: 0 },
      width,
      train_error: errorOf(fitted, images.labels),
      test_error: errorOf(predicted, test.labels),
    };
  });
}

/** The width whose solution errs least on images held out; of equals, the first. */
function chooseWidth(train: LabeledPoints, scale: number): number {
  const sample = takeFirst(train, Math.min(train.count, CHOSEN_FROM));
  const fitted = takeFirst(sample, Math.floor(sample.count * FITTED_SHARE));
  const rest = {
    count: sample.count - fitted.count,
    points: sample.points.subarray(fitted.points.length),
    labels: sample.labels.subarray(fitted.count),
  };
  const [points, others] = [toPoints(fitted), toPoints(rest)];
  const gram = gramOf(points);
  const errors = WIDTHS.map((width) => {
    const sharpness = 1 / (2 * width * scale);
    const matrix = copyMatrix(gram);
    sharpen(matrix, points, sharpness);
    factorizeOrFail(matrix, 'some of the first images are all but equal to each other');
    const coefficients = targetsOf(fitted.labels);
    solve(matrix, coefficients);
    return errorOf(evaluateKernel(points, coefficients, sharpness, others), rest.labels);
  });
  return WIDTHS[errors.indexOf(Math.min(...errors))] as number;
}

/** The median of |x − z|² over pairs of the first images. */
function medianSquare(train: LabeledPoints): number {
  const { count, points } = takeFirst(train, Math.min(train.count, SAMPLED));
  const squares: number[] = [];
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      let sum = 0;
      for (let k = 0; k < DIMENSIONS; k += 1) {
        sum +=
          ((points[i * DIMENSIONS + k] as number) - (points[j * DIMENSIONS + k] as number)) ** 2;
      }
      squares.push(sum);
    }
  }
  return squares.sort((a, b) => a - b)[Math.floor(squares.length / 2)] as number;
}

function toPoints({ count, points }: LabeledPoints): Points {
  return makePoints(tileMatrix(count, DIMENSIONS, (i, k) => points[i * DIMENSIONS + k] as number));
}

/** What each output of an image should be, [n, 10]: 0.9 for its class, −0.1 for each other. */
function targetsOf(labels: Uint8Array): Float64Array {
  const targets = new Float64Array(labels.length * CLASS_COUNT).fill(-1 / CLASS_COUNT);
  for (const [image, label] of labels.entries())
    targets[image * CLASS_COUNT + label] = 1 - 1 / CLASS_COUNT;
  return targets;
}

/** The share of the images whose greatest output is that of another class. */
function errorOf(outputs: Float64Array, labels: Uint8Array): number {
  const wrong = labels.filter((label, image) => {
    const own = outputs.subarray(image * CLASS_COUNT, (image + 1) * CLASS_COUNT);
    return own.indexOf(Math.max(...own)) !== label;
  });
  return wrong.length / labels.length;
}
