/** Points of a curve as they come, thinned out where there are very many. */

/**
 * A curve that grows. The same points in the same order give the same series, however they were cut
 * into pieces.
 */
export interface Series {
  /** How many points have come, kept or not. */
  count: number;
  /** Each so-many-th point is kept, beside the last. */
  every: number;
  readonly xs: number[];
  readonly ys: number[];
  /** The last point that came. */
  last: readonly [x: number, y: number];
}

/** More points than a chart has pixels show nothing more. */
const MOST = 600;

/** A series without points. */
export function openSeries(): Series {
  return { count: 0, every: 1, xs: [], ys: [], last: [0, 0] };
}

/** Adds a point at the end. */
export function addPoint(series: Series, x: number, y: number): void {
  if (series.count % series.every === 0) {
    series.xs.push(x);
    series.ys.push(y);
    if (series.xs.length >= MOST) thinOut(series);
  }
  series.count += 1;
  series.last = [x, y];
}

/** All points that are kept, the last one at the end. */
export function listKeptPoints({ xs, ys, last, count }: Series): {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
} {
  const isKept = count === 0 || (xs.at(-1) === last[0] && ys.at(-1) === last[1]);
  return isKept ? { xs, ys } : { xs: [...xs, last[0]], ys: [...ys, last[1]] };
}

function thinOut(series: Series): void {
  series.every *= 2;
  const kept = Math.ceil(series.xs.length / 2);
  for (let i = 0; i < kept; i++) {
    series.xs[i] = series.xs[2 * i] ?? 0;
    series.ys[i] = series.ys[2 * i] ?? 0;
  }
  series.xs.length = kept;
  series.ys.length = kept;
}
