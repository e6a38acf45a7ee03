/** Prepares curves for drawing: smooths them, and picks the points that a picture can show. */

/**
 * Returns the centred moving mean over a window of so many values. Near the ends the window
 * shrinks evenly, so that the mean stays centred and a slope is not bent. Six decimals.
 *
 * @param window - odd values are used as they are, even ones are widened by one
 */
export function smoothCurve(values: readonly number[], window: number): number[] {
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) ?? 0) + value);
  const half = Math.floor(window / 2);
  return values.map((_, i) => {
    const reach = Math.min(half, i, values.length - 1 - i);
    const sum = (sums[i + reach + 1] ?? 0) - (sums[i - reach] ?? 0);
    return Math.round((sum / (2 * reach + 1)) * 1e6) / 1e6;
  });
}

/**
 * Picks the indices of the points to draw: the ends of the curve and, in each of so many equal
 * buckets along x, the lowest and the highest point, so that the envelope of the noise stays.
 *
 * @param x - ascending
 * @param extent - the x at which the last bucket ends
 */
export function thinCurve(
  x: readonly number[],
  y: readonly number[],
  buckets: number,
  extent: number,
): number[] {
  const last = x.length - 1;
  const kept = new Set([0, last]);
  let low = 0;
  let high = 0;
  for (let i = 0; i <= last; i++) {
    const isNew = i === 0 || bucketOf(x, i) !== bucketOf(x, i - 1);
    if (isNew || (y[i] as number) < (y[low] as number)) low = i;
    if (isNew || (y[i] as number) > (y[high] as number)) high = i;
    if (i === last || bucketOf(x, i) !== bucketOf(x, i + 1)) kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b);

  function bucketOf(values: readonly number[], i: number): number {
    return Math.floor(((values[i] as number) / extent) * buckets);
  }
}
