/**
 * Least squares with more unknowns than points, X w = y: the solution of least norm, and what stochastic
 * gradient descent finds (paper, section 5).
 */

import type { RandomStream } from '../../experiment/data/random.ts';
import { factorizeOrFail, solve } from './cholesky.ts';
import { gramOf, makePoints } from './kernels.ts';
import { tileMatrix } from './tiles.ts';

/** X, [n, d], and y, [n]. */
export interface LeastSquares {
  readonly dimensions: number;
  readonly points: Float64Array;
  readonly targets: Float64Array;
}

/** What SGD has found. */
export interface Descent {
  /** w, [d]. */
  readonly weights: Float64Array;
  readonly epochs: number;
  /** max |⟨w, xᵢ⟩ − yᵢ| in the last epoch, each before its step. */
  readonly residual: number;
}

/** How SGD is made: how long at most, and what it starts from. */
export interface DescentSettings {
  /** w, [d]. */
  readonly start: Float64Array;
  readonly epochs: number;
  /** It ends after an epoch with no residual above this. */
  readonly tolerance: number;
  /** Draws the order of the points, anew in each epoch. */
  readonly order: RandomStream;
  /** Is called after each epoch with the epochs done and w, [d], which it must not keep. */
  readonly watch: (epochs: number, weights: Float64Array) => void;
}

/** w ← w + (yᵢ − ⟨w, xᵢ⟩) xᵢ / max |x|², a point at a time: the greatest rate at which no step overshoots. */
export function descend(
  { dimensions, points, targets }: LeastSquares,
  { start, epochs, tolerance, order, watch }: DescentSettings,
): Descent {
  const weights = Float64Array.from(start);
  const rate = 1 / largestSquare(points, dimensions);
  const places = Uint32Array.from(targets, (_, index) => index);
  let residual = Infinity;
  let done = 0;
  while (done < epochs && residual > tolerance) {
    order.shuffle(places);
    residual = 0;
    for (const place of places) {
      const error = (targets[place] as number) - dot(points, place * dimensions, weights);
      residual = Math.max(residual, Math.abs(error));
      addScaled(weights, points, place * dimensions, rate * error);
    }
    done += 1;
    watch(done, weights);
  }
  return { weights, epochs: done, residual };
}

/** Projects on the span of the points, and solves: what both need is X Xᵀ, factorized once. */
export interface Span {
  /** The least w, [d], with X w = y. */
  readonly solve: (targets: Float64Array) => Float64Array;
  /** The part of w, [d], that is a sum of points. */
  readonly project: (weights: Float64Array) => Float64Array;
}

/** The span of points, of images. @throws StageFailure where they are linearly dependent to rounding */
export function spanOf({ dimensions, points, targets: { length: count } }: LeastSquares): Span {
  const matrix = tileMatrix(count, dimensions, (i, k) => points[i * dimensions + k] as number);
  const factor = gramOf(makePoints(matrix));
  factorizeOrFail(factor, `the first ${count} images are linearly dependent, to rounding`);
  const products = (weights: Float64Array) =>
    Float64Array.from({ length: count }, (_, i) => dot(points, i * dimensions, weights));
  const combine = (targets: Float64Array) => {
    const coefficients = Float64Array.from(targets);
    solve(factor, coefficients);
    const weights = new Float64Array(dimensions);
    for (const [i, one] of coefficients.entries()) addScaled(weights, points, i * dimensions, one);
    return weights;
  };
  const solveExactly = (targets: Float64Array) => {
    const weights = combine(targets);
    // One step of refinement takes back what rounding did to a Gram matrix of bad condition.
    const found = products(weights);
    const missing = combine(targets.map((target, i) => target - (found[i] as number)));
    return weights.map((weight, k) => weight + (missing[k] as number));
  };
  return { solve: solveExactly, project: (weights) => solveExactly(products(weights)) };
}

/** |w|. */
export function normOf(weights: Float64Array): number {
  return Math.sqrt(dot(weights, 0, weights));
}

/** |w − v| / |v|. */
export function distanceTo(weights: Float64Array, other: Float64Array): number {
  return normOf(weights.map((weight, k) => weight - (other[k] as number))) / normOf(other);
}

/** ⟨x, w⟩ of the point that begins at `from`. */
export function dot(points: Float64Array, from: number, weights: Float64Array): number {
  // Four sums, since each addition waits for the last one to its sum.
  let [a, b, c, d] = [0, 0, 0, 0];
  const { length } = weights;
  const even = length - (length % 4);
  for (let k = 0; k < even; k += 4) {
    a += (points[from + k] as number) * (weights[k] as number);
    b += (points[from + k + 1] as number) * (weights[k + 1] as number);
    c += (points[from + k + 2] as number) * (weights[k + 2] as number);
    d += (points[from + k + 3] as number) * (weights[k + 3] as number);
  }
  for (let k = even; k < length; k += 1) {
    a += (points[from + k] as number) * (weights[k] as number);
  }
  return a + b + (c + d);
}

function addScaled(weights: Float64Array, points: Float64Array, from: number, scale: number): void {
  for (let k = 0; k < weights.length; k += 1) {
    weights[k] = (weights[k] as number) + scale * (points[from + k] as number);
  }
}

function largestSquare(points: Float64Array, dimensions: number): number {
  let largest = 0;
  for (let from = 0; from < points.length; from += dimensions) {
    const point = points.subarray(from, from + dimensions);
    largest = Math.max(largest, dot(points, from, point));
  }
  return largest;
}
