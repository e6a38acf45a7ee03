/** Durations of a stage's other nodes → that of one that never ran. */

import type { Json, JsonObject } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';

/** How long one node of a stage took. */
export interface TimedCell {
  readonly cell: JsonObject;
  readonly seconds: number;
  /** With how many CPUs on average; absent where that is not known. */
  readonly cpus?: number;
}

/** How long a node of a stage is expected to take that never ran itself. */
export interface StageEstimate {
  /**
   * `alike`: the median of those with the same value of the axis on which times depend most;
   * `stage`: of the whole stage, whose times depend on none;
   * `unlike`: of either, though the node differs from all of them in what may matter.
   */
  readonly basis: 'alike' | 'stage' | 'unlike';
  readonly seconds: number;
  /** With how many CPUs, the median too; null where that is not known. */
  readonly cpus: number | null;
  /** The axis, with `alike`. */
  readonly axis: string | null;
}

/** An axis matters where it leaves less than this share of the squared errors. */
const MOST_ERROR_LEFT = 0.5;

/** Estimates nodes of a stage from others of it that ran. */
export interface StageEstimator {
  readonly estimate: (cell: JsonObject) => StageEstimate;
}

/**
 * Learns from the times of a stage's nodes which axis they depend on most: the one whose groups
 * predict the logarithm of each time best from the others' (leave-one-out).
 *
 * @param runs at least one
 */
export function learnStage(runs: readonly TimedCell[]): StageEstimator {
  const median = timeOf(runs);
  const axes = [...new Set(runs.flatMap(({ cell }) => Object.keys(cell)))];
  const axis =
    axes
      .map((name) => ({ name, left: shareErrors(runs, ({ cell }) => keyOf(cell[name])) }))
      .filter(({ left }) => left < MOST_ERROR_LEFT)
      .sort((a, b) => a.left - b.left)[0]?.name ?? null;
  const valuesOf = (name: string) => new Set(runs.map(({ cell }) => keyOf(cell[name])));
  /** The axes of which one value is known, and so not what another would change. */
  const untried = axes
    .map((name) => ({ name, values: valuesOf(name) }))
    .filter(({ values }) => values.size === 1);
  const medians =
    axis === null
      ? null
      : new Map(
          [...valuesOf(axis)].map((key) => [
            key,
            timeOf(runs.filter((run) => keyOf(run.cell[axis]) === key)),
          ]),
        );
  return {
    estimate(cell) {
      const isOther = untried.some(({ name, values }) => !values.has(keyOf(cell[name])));
      const alike = axis === null ? undefined : medians?.get(keyOf(cell[axis]));
      if (isOther) return { basis: 'unlike', ...(alike ?? median), axis: null };
      if (axis === null) return { basis: 'stage', ...median, axis: null };
      return alike === undefined
        ? { basis: 'unlike', ...median, axis: null }
        : { basis: 'alike', ...alike, axis };
    },
  };
}

/**
 * The squared errors of predicting each time by the mean of the others in its group, as a share of those
 * by the mean of all others: of the runs that have others in their group, at least half of all; else 1.
 */
function shareErrors(runs: readonly TimedCell[], groupOf: (run: TimedCell) => string): number {
  const times = runs.map((run) => ({ group: groupOf(run), log: Math.log(run.seconds + 1e-3) }));
  const sums = new Map<string, { sum: number; count: number }>();
  const all = { sum: 0, count: 0 };
  for (const { group, log } of times) {
    const own = sums.get(group) ?? { sum: 0, count: 0 };
    sums.set(group, { sum: own.sum + log, count: own.count + 1 });
    all.sum += log;
    all.count += 1;
  }
  let [within, whole, judged] = [0, 0, 0];
  for (const { group, log } of times) {
    const own = sums.get(group) ?? all;
    if (own.count < 2) continue;
    const errorBeside = ({ sum, count }: typeof all) => (log - (sum - log) / (count - 1)) ** 2;
    within += errorBeside(own);
    whole += errorBeside(all);
    judged += 1;
  }
  return whole === 0 || judged * 2 < runs.length ? 1 : within / whole;
}

function keyOf(value: Json | undefined): string {
  return value === undefined ? '' : stringifyCanonical(value);
}

function timeOf(runs: readonly TimedCell[]): Pick<StageEstimate, 'seconds' | 'cpus'> {
  const seconds = findMedian(runs.map((run) => run.seconds)) ?? 0;
  return { seconds, cpus: findMedian(runs.flatMap(({ cpus }) => cpus ?? [])) };
}

/** The median; null of nothing. */
export function findMedian(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
