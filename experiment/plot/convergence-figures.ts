/** Figure 1b of the paper in two: steps and epochs to the interpolation threshold, and minutes. */

import type { Evaluation } from '../recorded/evaluation.ts';
import {
  describeUnreached,
  drawPanel,
  drawReference,
  type PanelSize,
  type Quantity,
} from './corruption-panel.ts';
import type { Figure } from './figure.ts';
import { describeMeans } from './replicates.ts';
import { describeScale } from './scale.ts';
import { describeRuns } from './subtitle.ts';
import {
  addSeedMeans,
  type CorruptionRow,
  relateToUncorrupted,
  tabulateThresholds,
} from './threshold-rows.ts';

const RUN_COLUMNS = ['model', 'p', 'statistic', 'seed', 'n', 'experiment', 'reached'] as const;
const STEP_COLUMNS = [
  ...RUN_COLUMNS,
  ...(['epochs', 'epochs_low', 'epochs_high'] as const),
  ...(['steps', 'steps_low', 'steps_high'] as const),
  ...(['relative', 'relative_low', 'relative_high'] as const),
] as const;
const MINUTE_COLUMNS = [
  ...RUN_COLUMNS,
  ...(['epochs', 'epochs_low', 'epochs_high'] as const),
  ...(['minutes', 'minutes_low', 'minutes_high'] as const),
  ...(['relative', 'relative_low', 'relative_high'] as const),
] as const;

/** Draws steps and epochs to the threshold, and steps relative to p = 0. */
export function drawSteps(
  profile: string,
  evaluations: readonly Evaluation[],
): Figure<(typeof STEP_COLUMNS)[number]> {
  const runs = relateToUncorrupted(tabulateThresholds(evaluations), ({ steps }) => steps).map(
    ({ test_error: _, ...row }) => row,
  );
  const rows = addSeedMeans(runs, ['epochs', 'steps', 'relative']);
  const quantities: readonly Quantity<(typeof rows)[number]>[] = [
    { field: 'steps', title: 'steps to the threshold', format: ',' },
    { field: 'epochs', title: 'epochs to the threshold', format: ',' },
    { field: 'relative', title: 'steps relative to p = 0', format: '.2f' },
  ];
  return {
    title: 'Convergence slowdown: training steps to the interpolation threshold',
    subtitle: describeRuns(profile, evaluations, [
      ...describeScale(evaluations),
      'Threshold: the first epoch with mean training loss < 0.01 or training accuracy > 99.7%.',
      ...describeMeans(rows, 'Bars'),
      ...describeUnreached(rows),
      ...describeMissingBaselines(rows),
    ]),
    description:
      'Three line charts, a line for each model: steps, epochs, and steps relative to p = 0 until ' +
      'the interpolation threshold, against the probability that a label is random.',
    values: rows,
    ...drawPanels(rows, quantities, { width: 210, height: 230 }),
    csv: { columns: STEP_COLUMNS, rows },
  };
}

/**
 * Draws the minutes to the threshold, given by experiment (null where training diverged in its
 * first epoch), absolute and relative to p = 0.
 */
export function drawMinutes(
  profile: string,
  evaluations: readonly Evaluation[],
  minutes: ReadonlyMap<string, number | null>,
): Figure<(typeof MINUTE_COLUMNS)[number]> {
  const runs = relateToUncorrupted(
    tabulateThresholds(evaluations).map(({ steps: _, test_error: __, ...row }) => ({
      ...row,
      minutes: minutes.get(row.experiment) ?? null,
    })),
    (row) => row.minutes,
  );
  const rows = addSeedMeans(runs, ['epochs', 'minutes', 'relative']);
  const quantities: readonly Quantity<(typeof rows)[number]>[] = [
    { field: 'minutes', title: 'minutes to the threshold', format: '.3~r' },
    { field: 'relative', title: 'minutes relative to p = 0', format: '.2f' },
  ];
  return {
    title: 'Convergence slowdown: minutes to the interpolation threshold',
    subtitle: describeRuns(profile, evaluations, [
      ...describeScale(evaluations),
      'Wall-clock time of training, which depends on the machine and its load.',
      ...describeMeans(rows, 'Bars'),
      ...describeUnreached(rows),
      ...describeMissingBaselines(rows),
    ]),
    description:
      'Two line charts, a line for each model: minutes, and minutes relative to p = 0 of training ' +
      'until the interpolation threshold, against the probability that a label is random.',
    values: rows,
    ...drawPanels(rows, quantities, { width: 300, height: 250 }),
    csv: { columns: MINUTE_COLUMNS, rows },
  };
}

/** Room that the axis of a panel takes, and the gap to the next, in pixels. */
const AXIS_WIDTH = 60;

function drawPanels<Row extends CorruptionRow>(
  rows: readonly Row[],
  quantities: readonly Quantity<Row>[],
  size: PanelSize,
): { readonly width: number; readonly chart: object } {
  const drawn = quantities.filter(({ field }) => rows.some((row) => row[field] !== null));
  return {
    width: drawn.length * (size.width + AXIS_WIDTH),
    chart: {
      hconcat: drawn.map((quantity) =>
        drawPanel(rows, quantity, size, quantity.field === 'relative' ? drawReference(1) : []),
      ),
      spacing: 28,
      resolve: { scale: { color: 'shared', shape: 'shared' } },
    },
  };
}

function describeMissingBaselines(
  rows: readonly { readonly model: string; readonly relative: number | null }[],
): string[] {
  const models = new Set(rows.filter(({ relative }) => relative === null).map((row) => row.model));
  if (models.size === 0) return [];
  return [`No relative value, for want of a threshold at p = 0: ${[...models].join(', ')}.`];
}
