/**
 * The stage `plot-generalization-error`: figure 1c of the paper, test error at the interpolation
 * threshold against the corruption probability.
 */

import type { StageContext } from 'rederive/contract';
import { captionRuns, readOverrides } from '../../experiment/plot/captions.ts';
import { drawPanel, drawReference, type Quantity } from '../../experiment/plot/corruption-panel.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { describeMeans } from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import {
  addSeedMeans,
  describePlaces,
  describeUnreached,
  placeModels,
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
const SIZES = {
  page: { width: 560, height: 300 },
  paper: { width: 300, height: 190 },
};

/** Runs the stage. Reads input `evaluations`, writes outputs `spec`, `svg`, `png` and `csv`. */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const evaluations = await Promise.all(listInputs(context, 'evaluations').map(readEvaluation));
  await writeFigure(context, '', drawGeneralizationError(overrides, evaluations));
  context.emit({ type: 'summary', values: { runs: evaluations.length } });
}

/** Draws the test errors of evaluations in any order. */
export function drawGeneralizationError(
  overrides: readonly string[],
  evaluations: readonly Evaluation[],
): Figure<(typeof COLUMNS)[number]> {
  const rows = addSeedMeans(tabulateThresholds(evaluations), ['test_error', 'epochs', 'steps']);
  return {
    number: 'Figure 1c',
    title: 'Generalization error growth: test error at the interpolation threshold',
    caption: captionRuns(overrides, evaluations, [
      ...describeUntested(rows),
      ...describeUnreached(rows),
      ...describeMeans(rows, 'bars'),
      'Training and test labels are corrupted with the same probability.',
      ...describePlaces(rows),
      ...describeScale(evaluations),
    ]),
    description:
      'Line chart: test error at the interpolation threshold against the probability ' +
      `that a label is random, a line for each model; chance is ${100 * CHANCE_ERROR} percent.`,
    width: SIZES.page.width + 50,
    values: placeModels(rows),
    chart: (medium) =>
      drawPanel(
        rows,
        TEST_ERROR,
        {
          ...SIZES[medium],
          legendWidth: SIZES[medium].width,
          xTitle: 'corruption probability p (test labels too)',
        },
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
