/** Mean and 95 % interval of the runs of several seeds. */

/** A mean with the ends of its 95 % interval, null for a single value. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

const CONFIDENCE = 0.95;

/**
 * Returns the mean of values and its 95 % interval by Student's t distribution: the mean ± t·s/√n,
 * with the unbiased deviation s and n − 1 degrees of freedom. Throws a RangeError without values.
 */
export function summarizeValues(values: readonly number[]): Summary {
  const n = values.length;
  if (n === 0) throw new RangeError('there is nothing to take the mean of');
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, low: null, high: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(n - 1) * Math.sqrt(variance / n);
  return { n, mean, low: mean - half, high: mean + half };
}

/** The t that 95 % of Student's distribution with so many degrees of freedom lie between ±. */
export function studentQuantile(degrees: number): number {
  let [low, high] = [0, 1];
  while (probabilityWithin(high, degrees) < CONFIDENCE) high *= 2;
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, degrees) < CONFIDENCE) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(|T| ≤ t), by the finite series of Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function probabilityWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let sum = 0;
  let term = odd ? cosine : 1;
  for (let k = odd ? 3 : 2; k <= degrees; k += 2) {
    sum += term;
    term *= cosine ** 2 * ((k - 1) / k);
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
