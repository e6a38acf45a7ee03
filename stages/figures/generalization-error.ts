/**
 * The stage `plot-generalization-error`: figure 1c of the paper, test error at the interpolation
 * threshold against the corruption probability.
 */

import type { StageContext } from 'rederive/contract';
import {
  describeUnreached,
  drawPanel,
  drawReference,
  type Quantity,
} from '../../experiment/plot/corruption-panel.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { describeMeans } from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { describeRuns, readProfile } from '../../experiment/plot/subtitle.ts';
import {
  addSeedMeans,
  type ThresholdRow,
  tabulateThresholds,
} from '../../experiment/plot/threshold-rows.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import { listInputs, readEvaluation } from '../../experiment/recorded/read-runs.ts';

const COLUMNS = [
  'model',
  'p',
  'statistic',
  'seed',
  'n',
  'experiment',
  'reached',
  'epochs',
  'steps',
  'test_error',
  'test_error_low',
  'test_error_high',
] as const;

/** The error of guessing among ten classes. */
const CHANCE_ERROR = 0.9;
const TEST_ERROR: Quantity<ThresholdRow> = {
  field: 'test_error',
  title: 'test error',
  format: '.2%',
  axisFormat: '.0%',
  domain: [0, 1],
};
const SIZE = { width: 560, height: 300 };

/** Runs the stage. Reads input `evaluations`, writes outputs `spec`, `svg`, `png` and `csv`. */
export async function run(context: StageContext): Promise<void> {
  const profile = readProfile(context);
  const evaluations = await Promise.all(listInputs(context, 'evaluations').map(readEvaluation));
  await writeFigure(context, '', drawGeneralizationError(profile, evaluations));
  context.emit({ type: 'summary', values: { runs: evaluations.length } });
}

/** Draws the test errors of evaluations in any order. */
export function drawGeneralizationError(
  profile: string,
  evaluations: readonly Evaluation[],
): Figure<(typeof COLUMNS)[number]> {
  const rows = addSeedMeans(tabulateThresholds(evaluations), ['test_error', 'epochs', 'steps']);
  return {
    title: 'Generalization error growth: test error at the interpolation threshold',
    subtitle: describeRuns(profile, evaluations, [
      ...describeScale(evaluations),
      'Training and test labels are corrupted with the same probability.',
      ...describeMeans(rows, 'Bars'),
      ...describeUnreached(rows),
      ...describeUntested(rows),
    ]),
    description:
      'Line chart: test error at the interpolation threshold against the probability ' +
      `that a label is random, a line for each model; chance is ${100 * CHANCE_ERROR} percent.`,
    width: SIZE.width + 50,
    values: rows,
    chart: drawPanel(
      rows,
      TEST_ERROR,
      SIZE,
      drawReference(CHANCE_ERROR, `chance: ${100 * CHANCE_ERROR}%`),
    ),
    csv: { columns: COLUMNS, rows },
  };
}

function describeUntested(rows: readonly ThresholdRow[]): string[] {
  const untested = rows.filter(
    ({ test_error, statistic }) => test_error === null && statistic === 'run',
  );
  if (untested.length === 0) return [];
  const names = untested.map(({ experiment }) => experiment).join(', ');
  return [`No test error, because training diverged: ${names}.`];
}
