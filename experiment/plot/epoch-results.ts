/** How models did on training and test images, epoch by epoch, and the means of that. */

import type { TrainingRun } from '../recorded/read-runs.ts';
import { dropPartialMeans } from './curve-layers.ts';
import { addMeans, type Bounds, groupBy, type RunRow } from './replicates.ts';
import { smoothCurve } from './smooth.ts';

/** The two sets of images that a model is measured on. */
export const SETS = ['training', 'test'] as const;

/** How a model did on one of the two sets in an epoch. */
export interface ResultRow extends RunRow {
  readonly model: string;
  readonly set: (typeof SETS)[number];
  readonly epoch: number;
  readonly step: number;
  readonly accuracy: number;
  readonly loss: number | null;
  /** Centred means of both over some epochs; null where there is no loss. */
  readonly smooth_accuracy: number;
  readonly smooth_loss: number | null;
  /** True for the epoch that met the interpolation threshold. */
  readonly threshold: boolean;
  /** True for the first epoch with the best test accuracy: where the best early stopping would end. */
  readonly best: boolean;
}

/** Number of epochs that curves are means over: the test images are few, and steps large. */
export const WINDOW = 5;

/** Says how much the best early stopping would have gained over training to the end. */
export function describeEarlyStopping(rows: readonly ResultRow[]): string[] {
  const tests = rows.filter(({ set, statistic }) => set === 'test' && statistic === 'run');
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const notes = [...groupBy(tests, ({ experiment }) => experiment)].flatMap((run) => {
    const [best, last] = [run.find((row) => row.best), run.at(-1)];
    if (best === undefined || last === undefined) return [];
    const whose = tests.some(({ seed }) => seed !== best.seed)
      ? `${best.model}, seed ${best.seed}`
      : best.model;
    return [
      `${whose} ${percent(best.accuracy)} at epoch ${best.epoch}, ${percent(last.accuracy)} at the end`,
    ];
  });
  return notes.length === 0
    ? []
    : [`Rings: the best test accuracy, where early stopping would end (${notes.join('; ')}).`];
}

/** Tabulates runs by model, in this order, and seed, with the means over seeds. */
export function tabulateResults(
  runs: readonly TrainingRun[],
  models: readonly string[],
): readonly (ResultRow & Bounds<'accuracy' | 'loss'>)[] {
  const rows = runs
    .toSorted((a, b) => models.indexOf(a.model) - models.indexOf(b.model) || a.seed - b.seed)
    .flatMap(({ model, seed, experiment, epochs, tests, thresholdStep }) =>
      SETS.flatMap((set) => {
        const results = set === 'training' ? epochs : tests;
        const accuracies = smoothCurve(
          results.map((result) => result.accuracy),
          WINDOW,
        );
        const losses = smoothCurve(
          results.map((result) => result.loss ?? Number.NaN),
          WINDOW,
        );
        const most = Math.max(...results.map((result) => result.accuracy));
        const best = set === 'test' ? results.findIndex((result) => result.accuracy === most) : -1;
        return results.map(
          ({ epoch, step, loss, accuracy }, index): ResultRow => ({
            model,
            set,
            statistic: 'run',
            seed,
            n: 1,
            experiment,
            epoch,
            step,
            accuracy,
            loss,
            smooth_accuracy: accuracies[index] ?? accuracy,
            smooth_loss: loss === null ? null : (losses[index] ?? loss),
            threshold: set === 'training' && step === thresholdStep,
            best: index === best,
          }),
        );
      }),
    );
  const curveOf = ({ model, set }: ResultRow) => `${model} ${set}`;
  const all = addMeans(rows, ['accuracy', 'loss'], (row) => `${curveOf(row)} ${row.step}`);
  return dropPartialMeans(all, curveOf);
}

/**
 * Says where batch norm's story is not the paper's, in which the small Inception with it has the better
 * test accuracy, by 85.75 to 82 percent; nothing where it is.
 *
 * @param normed test accuracy with batch norm, 0 to 1
 * @param plain that without
 */
export function describeBatchNorm(normed: number, plain: number): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  if (!(normed < plain)) return [];
  return [
    `Unlike in the paper, batch norm costs test accuracy at these settings: ${percent(normed)} with ` +
      `it, ${percent(plain)} without.`,
  ];
}
