/** The paper's table 1 (CIFAR-10), and what was measured here beside it. */

import type { Evaluation } from '../recorded/evaluation.ts';
import { summarizeValues } from './interval.ts';

/** A row of the paper's table; accuracies in percent. */
interface PaperRow {
  readonly model: string;
  readonly crop: boolean;
  readonly decay: boolean;
  readonly labels: 'true' | 'random';
  readonly train: number;
  readonly test: number;
}

const row = (
  model: string,
  setting: 'crop + decay' | 'crop' | 'decay' | 'neither' | 'random labels',
  train: number,
  test: number,
): PaperRow => ({
  model,
  crop: setting.startsWith('crop'),
  decay: setting.endsWith('decay'),
  labels: setting === 'random labels' ? 'random' : 'true',
  train,
  test,
});

/** Zhang et al. (2017), table 1, in its order. */
export const PAPER_TABLE: readonly PaperRow[] = [
  row('InceptionSmall', 'crop + decay', 100, 89.05),
  row('InceptionSmall', 'crop', 100, 89.31),
  row('InceptionSmall', 'decay', 100, 86.03),
  row('InceptionSmall', 'neither', 100, 85.75),
  row('InceptionSmall', 'random labels', 100, 9.78),
  row('InceptionSmallWithoutBN', 'decay', 100, 83),
  row('InceptionSmallWithoutBN', 'neither', 100, 82),
  row('InceptionSmallWithoutBN', 'random labels', 100, 10.12),
  row('AlexNetSmall', 'crop + decay', 99.9, 81.22),
  row('AlexNetSmall', 'crop', 99.82, 79.66),
  row('AlexNetSmall', 'decay', 100, 77.36),
  row('AlexNetSmall', 'neither', 100, 76.07),
  row('AlexNetSmall', 'random labels', 99.82, 9.86),
  row('MLP3', 'decay', 100, 53.35),
  row('MLP3', 'neither', 100, 52.39),
  row('MLP3', 'random labels', 100, 10.48),
  row('MLP1', 'decay', 99.8, 50.39),
  row('MLP1', 'neither', 100, 50.51),
  row('MLP1', 'random labels', 99.34, 10.61),
];

/** The status of a row that none of our experiments belongs to. */
export const NOT_RUN = 'not run';
/** What became of the runs of a row. */
type RowStatus = 'measured' | 'diverged' | typeof NOT_RUN;

/** A row of the paper with ours; accuracies in percent, null where there are none. */
export interface TableRow {
  readonly model: string;
  readonly setting: string;
  readonly crop: boolean;
  readonly decay: boolean;
  readonly labels: 'true' | 'random';
  readonly paper_train: number;
  readonly paper_test: number;
  readonly status: RowStatus;
  /** Number of runs that the means are of. */
  readonly n: number;
  readonly reached: boolean | null;
  readonly train: number | null;
  readonly train_low: number | null;
  readonly train_high: number | null;
  readonly test: number | null;
  readonly test_low: number | null;
  readonly test_high: number | null;
  /** The names of the runs. */
  readonly runs: readonly string[];
}

/** Sets each row of the paper beside the evaluations that belong to it, in any order. */
export function tabulateTable1(evaluations: readonly Evaluation[]): readonly TableRow[] {
  return PAPER_TABLE.map(({ model, crop, decay, labels, train, test }) => {
    const own = evaluations
      .filter(
        (one) =>
          one.model === model &&
          one.corruption === 'none' &&
          one.p === (labels === 'random' ? 1 : 0) &&
          one.crop === crop &&
          one.weight_decay > 0 === decay,
      )
      .toSorted((a, b) => a.seed - b.seed);
    const measured = own.filter(({ test_error }) => test_error !== null);
    const trained = summarizePercent(measured.map(({ train_accuracy }) => train_accuracy ?? 0));
    const tested = summarizePercent(measured.map(({ test_error }) => 1 - (test_error ?? 1)));
    return {
      model,
      setting: nameSetting({ crop, decay, labels }),
      crop,
      decay,
      labels,
      paper_train: train,
      paper_test: test,
      status: measured.length > 0 ? 'measured' : own.length > 0 ? 'diverged' : NOT_RUN,
      n: own.length,
      reached: own.length === 0 ? null : own.every(({ reached }) => reached),
      train: trained?.mean ?? null,
      train_low: trained?.low ?? null,
      train_high: trained?.high ?? null,
      test: tested?.mean ?? null,
      test_low: tested?.low ?? null,
      test_high: tested?.high ?? null,
      runs: own.map(({ experiment }) => experiment),
    };
  });
}

function nameSetting({ crop, decay, labels }: Pick<PaperRow, 'crop' | 'decay' | 'labels'>): string {
  if (labels === 'random') return 'random labels';
  if (crop) return decay ? 'crop + decay' : 'crop';
  return decay ? 'decay' : 'neither';
}

/** In percent, to two decimals, as the paper gives them. */
function summarizePercent(shares: readonly number[]) {
  if (shares.length === 0) return null;
  const { mean, low, high } = summarizeValues(shares);
  const percent = (share: number | null) => (share === null ? null : Math.round(share * 1e4) / 100);
  return { mean: Math.round(mean * 1e4) / 100, low: percent(low), high: percent(high) };
}

/** An accuracy as the table shows it: `85.75`, or `85.75 ± 0.40` where there are several runs. */
export function formatAccuracy(mean: number | null, high: number | null): string {
  if (mean === null) return '–';
  return `${mean.toFixed(2)}${high === null ? '' : ` ± ${(high - mean).toFixed(2)}`}`;
}
