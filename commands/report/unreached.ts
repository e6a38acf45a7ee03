/** Which experiments did not reach the interpolation threshold, and how far they came, in words. */

import { groupBy } from '../../experiment/plot/replicates.ts';

/** What of an experiment says whether it reached the threshold. */
export interface ReachedRow {
  readonly name: string;
  readonly model: string;
  /** Null where there is no result. */
  readonly reached: boolean | null;
  /** Share, 0 to 1; null where there is none. */
  readonly train_accuracy: number | null;
  readonly diverged: boolean;
}

/** Names listed one by one; of more than so many of a model only their number is told. */
const LISTED = 3;

/**
 * A phrase for each model that has experiments whose threshold was not met:
 * `Net in 14 of 14 experiments (training accuracy 25.6% to 82.7%)`.
 */
export function wordUnreached(rows: readonly ReachedRow[]): readonly string[] {
  const made = rows.filter(({ reached }) => reached !== null);
  return groupBy(made, ({ model }) => model).flatMap((own) => {
    const unreached = own.filter(({ reached }) => reached === false);
    if (unreached.length === 0) return [];
    const who =
      unreached.length > LISTED
        ? `${own[0]?.model} in ${unreached.length} of ${own.length} experiments`
        : unreached.map(({ name }) => name).join(', ');
    return [`${who} (${wordAccuracies(unreached)})`];
  });
}

function wordAccuracies(rows: readonly ReachedRow[]): string {
  const known = rows.flatMap((row) =>
    row.diverged || row.train_accuracy === null ? [] : [row.train_accuracy],
  );
  const diverged = rows.filter((row) => row.diverged).length;
  const [from, to] = [Math.min(...known), Math.max(...known)].map(
    (share) => `${(100 * share).toFixed(1)}%`,
  );
  const accuracy = from === to ? from : `${from} to ${to}`;
  return [
    ...(known.length === 0 ? [] : [`training accuracy ${accuracy}`]),
    ...(diverged === 0 ? [] : [`${diverged} diverged`]),
  ].join('; ');
}
