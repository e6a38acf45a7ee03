/** The statistics that claims are judged by. */

/**
 * Kendall's rank correlation τ-b of pairs (x, y), from -1 to 1; ties count in neither direction. Null
 * where it is undefined: fewer than two pairs, or all x or all y equal.
 *
 * Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945).
 */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number | null {
  let score = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (const [i, [x, y]] of pairs.entries()) {
    for (const [otherX, otherY] of pairs.slice(i + 1)) {
      const alongX = Math.sign(otherX - x);
      const alongY = Math.sign(otherY - y);
      score += alongX * alongY;
      untiedX += Math.abs(alongX);
      untiedY += Math.abs(alongY);
    }
  }
  return untiedX === 0 || untiedY === 0 ? null : score / Math.sqrt(untiedX * untiedY);
}

/**
 * The smallest interval of counts, with equal tails, in which a binomial count of `trials` with this
 * `probability` lies with at least this confidence: outside lie at most (1 - confidence) / 2 on
 * each side. Computed from the exact distribution.
 */
export function binomialInterval(
  trials: number,
  probability: number,
  confidence: number,
): readonly [number, number] {
  const tail = (1 - confidence) / 2;
  return [
    lowerQuantile(trials, probability, tail),
    trials - lowerQuantile(trials, 1 - probability, tail),
  ];
}

/** The deviate that 95 % of the normal distribution lie between ±. */
const NORMAL_95 = 1.959964;

/**
 * The 95 % interval of a share by the count of successes in so many independent trials, 0 to 1. It
 * stays within 0 and 1, and has a width where all or none succeed.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
 * Journal of the American Statistical Association 22 (1927).
 */
export function shareInterval(successes: number, trials: number): readonly [number, number] {
  const share = successes / trials;
  const square = NORMAL_95 ** 2 / trials;
  const middle = share + square / 2;
  const half = Math.sqrt(share * (1 - share) * square + square ** 2 / 4);
  return [
    successes === 0 ? 0 : (middle - half) / (1 + square),
    successes === trials ? 1 : (middle + half) / (1 + square),
  ];
}

/** The least count k such that P(count ≤ k) > tail, so that counts below k have at most that much. */
function lowerQuantile(trials: number, probability: number, tail: number): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return trials;
  // In logarithms, because 0.1 to the power of 10,000 is no number any more.
  let logTerm = trials * Math.log1p(-probability);
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  let sum = 0;
  for (let count = 0; count < trials; count++) {
    sum += Math.exp(logTerm);
    if (sum > tail) return count;
    logTerm += Math.log((trials - count) / (count + 1)) + logOdds;
  }
  return trials;
}
