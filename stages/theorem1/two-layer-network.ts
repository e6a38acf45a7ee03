/**
 * The network of the paper's Theorem 1 (section 4 and appendix C): two layers of ReLU units with
 * 2n + d weights that represent any function on n points in d dimensions,
 *
 *   c(x) = Σ_j w_j · max(⟨a, x⟩ − b_j, 0).
 *
 * The points are projected on a direction on which no two coincide. With thresholds between the
 * projections, b_1 < z_1 < b_2 < z_2 < … < b_n < z_n, the outputs of the hidden units on the points
 * are a lower triangular matrix with a positive diagonal, and forward substitution gives the w_j.
 */

import type { RandomStream } from '../../experiment/data/random.ts';

/** The weights for n points in d dimensions. */
export interface TwoLayerNetwork {
  /** a, [d]: what every hidden unit multiplies the point with. */
  readonly direction: Float64Array;
  /** b, [n], ascending. */
  readonly thresholds: Float64Array;
  /** w, [n]. */
  readonly weights: Float64Array;
}

/**
 * How far a threshold stands from the projection below it to the one above. Nearer to the one below,
 * the error of a slope fades from unit to unit by share / (1 − share) instead of adding up.
 */
const THRESHOLD_SHARE = 0.25;

/** Draws a direction [d] of about length 1. Two distinct points coincide on it with probability 0. */
export function drawDirection(dimensions: number, random: RandomStream): Float64Array {
  const scale = 1 / Math.sqrt(dimensions);
  return Float64Array.from({ length: dimensions }, () => scale * random.normal());
}

/**
 * Constructs the network that has the target values on the points.
 *
 * @param projections - z = ⟨a, x⟩ of each point, all different, in any order
 * @param targets - the value wanted for each point
 * @throws RangeError where two projections are equal
 */
export function fitTwoLayerNetwork(
  direction: Float64Array,
  projections: Float64Array,
  targets: ArrayLike<number>,
): TwoLayerNetwork {
  const order = Uint32Array.from(projections, (_, i) => i).sort(
    (i, j) => (projections[i] as number) - (projections[j] as number),
  );
  const z = Float64Array.from(order, (i) => projections[i] as number);
  const n = z.length;
  const thresholds = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    const below = i === 0 ? (z[0] as number) - 1 : (z[i - 1] as number);
    const at = z[i] as number;
    if (!(below < at)) throw new RangeError(`two points have the projection ${at}`);
    thresholds[i] = below + THRESHOLD_SHARE * (at - below);
    let sum = 0;
    for (let j = 0; j < i; j += 1) {
      sum += (weights[j] as number) * (at - (thresholds[j] as number));
    }
    const target = targets[order[i] as number] as number;
    weights[i] = (target - sum) / (at - (thresholds[i] as number));
  }
  return { direction, thresholds, weights };
}

/** The output of the network for a point with the projection z = ⟨a, x⟩: all units, one by one. */
export function evaluateTwoLayerNetwork(
  { thresholds, weights }: TwoLayerNetwork,
  z: number,
): number {
  let output = 0;
  for (let j = 0; j < weights.length; j += 1) {
    output += (weights[j] as number) * Math.max(z - (thresholds[j] as number), 0);
  }
  return output;
}

/** How many numbers the network consists of: 2n + d. */
export function countWeights({ direction, thresholds, weights }: TwoLayerNetwork): number {
  return direction.length + thresholds.length + weights.length;
}
