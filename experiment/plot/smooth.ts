/** Prepares curves for drawing: smooths them, and picks the points that a picture can show. */

/**
 * Returns the centred moving mean over a window of so many values, six decimals. Near the start, where
 * losses fall within a few steps, the window shrinks evenly, so that the mean stays centred and the fall
 * is not bent. Near the end, where a mean over ever fewer values would end on a batch, and losses rise
 * within an epoch, the mean goes on as it did over the window before, within the values there.
 *
 * @param window - odd values are used as they are, even ones are widened by one
 */
export function smoothCurve(values: readonly number[], window: number): number[] {
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) ?? 0) + value);
  const meanAround = (i: number, reach: number): number =>
    ((sums[i + reach + 1] ?? 0) - (sums[i - reach] ?? 0)) / (2 * reach + 1);
  const half = Math.floor(window / 2);
  const last = values.length - 1 - half;
  const goOn = last < half ? null : extendMean((i) => meanAround(i, half), half, last);
  const end = values.slice(Math.max(0, last - half));
  const [least, most] = [Math.min(...end), Math.max(...end)];
  return values.map((_, i) => {
    const reach = Math.min(half, i, values.length - 1 - i);
    const isEnd = goOn !== null && i > last;
    const smoothed = isEnd ? clamp(goOn(i), least, most) : meanAround(i, reach);
    return Math.round(smoothed * 1e6) / 1e6;
  });
}

/** A mean beyond the last place where its window is full, by its slope over the window before. */
function extendMean(mean: (i: number) => number, half: number, last: number) {
  const from = Math.max(half, last - 2 * half - 1);
  const slope = from === last ? 0 : (mean(last) - mean(from)) / (last - from);
  return (i: number): number => mean(last) + slope * (i - last);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
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

/** Keeps of the points of a curve, in the order of their steps, those that {@link thinCurve} picks by their losses. */
export function thinLosses<Point extends { readonly step: number; readonly loss: number }>(
  curve: readonly Point[],
  buckets: number,
  lastStep: number,
): Point[] {
  const steps = curve.map(({ step }) => step);
  const losses = curve.map(({ loss }) => loss);
  return thinCurve(steps, losses, buckets, lastStep).flatMap((index) => curve[index] ?? []);
}
