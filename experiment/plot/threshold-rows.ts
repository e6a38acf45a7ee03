/** Tabulates where runs reached the interpolation threshold, for figures 1b and 1c. */

import type { Evaluation } from '../recorded/evaluation.ts';
import { orderModels } from './palette.ts';
import { addMeans, type Bounds, type RunRow } from './replicates.ts';

/** A run against corruption, or a mean over seeds, and whether it reached the threshold. */
export interface CorruptionRow extends RunRow {
  readonly model: string;
  readonly p: number;
  /** False where the threshold was not reached, in any of several runs: the last epoch counts then. */
  readonly reached: boolean;
}

/** A run at its interpolation threshold. */
export interface ThresholdRow extends CorruptionRow {
  readonly steps: number;
  readonly epochs: number;
  /** Share of the test images classified wrongly, 0 to 1; null where training diverged. */
  readonly test_error: number | null;
}

/** Tabulates evaluations in any order: by model, seed and p. */
export function tabulateThresholds(evaluations: readonly Evaluation[]): readonly ThresholdRow[] {
  const models = orderModels(evaluations.map(({ model }) => model));
  return evaluations
    .toSorted(
      (a, b) => models.indexOf(a.model) - models.indexOf(b.model) || a.seed - b.seed || a.p - b.p,
    )
    .map(({ model, p, seed, experiment, reached, step, epoch, test_error }) => ({
      model,
      p,
      statistic: 'run',
      seed,
      n: 1,
      experiment,
      reached,
      steps: step,
      epochs: epoch,
      test_error,
    }));
}

/** Appends the means over the seeds of each model and p, where there are several. */
export function addSeedMeans<
  Field extends string,
  Row extends CorruptionRow & Readonly<Record<Field, number | null>>,
>(rows: readonly Row[], fields: readonly Field[]): readonly (Row & Bounds<Field>)[] {
  const keyOf = ({ model, p }: CorruptionRow) => `${model} ${p}`;
  const missed = new Set(rows.filter(({ reached }) => !reached).map(keyOf));
  return addMeans(rows, fields, keyOf).map((row) =>
    row.statistic === 'mean' ? { ...row, reached: !missed.has(keyOf(row)) } : row,
  );
}

/**
 * Adds `relative` to each row: its quantity divided by that of the same model and seed at p = 0. It
 * is a lower bound where the threshold was not reached, and null without a quantity, and where
 * the run at p = 0 is missing or did not reach the threshold.
 */
export function relateToUncorrupted<T extends CorruptionRow>(
  rows: readonly T[],
  readQuantity: (row: T) => number | null,
): readonly (T & { readonly relative: number | null })[] {
  return rows.map((row) => {
    const baseline = rows.find(
      ({ model, seed, p, reached }) =>
        model === row.model && seed === row.seed && p === 0 && reached,
    );
    const quantity = readQuantity(row);
    const unit = baseline === undefined ? null : readQuantity(baseline);
    const relative = quantity === null || unit === null || unit === 0 ? null : quantity / unit;
    return { ...row, relative };
  });
}

/** Marks of models stand beside each other by so much p, so that equal ones can be seen. */
const ASIDE = 0.015;
/** All models together take no more, so that none leaves the panel. */
const MOST_ASIDE = 0.04;

/** Adds to each row the p at which it is drawn, its `place`. */
export function placeModels<Row extends CorruptionRow>(
  rows: readonly Row[],
): readonly (Row & { readonly place: number })[] {
  const models = orderModels(rows.map(({ model }) => model));
  const middle = (models.length - 1) / 2;
  const step = Math.min(ASIDE, MOST_ASIDE / Math.max(1, models.length - 1));
  return rows.map((row) => {
    const place = row.p + step * (models.indexOf(row.model) - middle);
    return { ...row, place: Math.round(place * 1e6) / 1e6 };
  });
}

/** Says that marks stand beside each other; nothing where there is one model. */
export function describePlaces(rows: readonly CorruptionRow[]): string[] {
  return new Set(rows.map(({ model }) => model)).size < 2
    ? []
    : ['Marks at one p stand beside each other to be seen.'];
}

/** Names the runs that did not reach the threshold, for the subtitle; empty if all did. */
export function describeUnreached(rows: readonly CorruptionRow[]): string[] {
  const unreached = rows.filter(({ reached, statistic }) => !reached && statistic === 'run');
  if (unreached.length === 0) return [];
  const places = orderModels(unreached.map(({ model }) => model)).map((model) => {
    const levels = new Set(unreached.filter((row) => row.model === model).map(({ p }) => p));
    return `${model} at p = ${[...levels].sort((a, b) => a - b).join(', ')}`;
  });
  return [
    'Open marks: threshold not reached, drawn at the last epoch.',
    `So it is with ${places.join('; ')}.`,
  ];
}
