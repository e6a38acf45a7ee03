/** Figure 1b of the paper in two: steps and epochs to the interpolation threshold, and minutes. */

import type { Evaluation } from '../recorded/evaluation.ts';
import { captionRuns, formatCount, listDistinct } from './captions.ts';
import { drawPanel, drawReference, type Quantity } from './corruption-panel.ts';
import type { Figure, Medium } from './figure.ts';
import { describeMeans } from './replicates.ts';
import { describeScale } from './scale.ts';
import {
  addSeedMeans,
  type CorruptionRow,
  describePlaces,
  describeUnreached,
  placeModels,
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
  overrides: readonly string[],
  evaluations: readonly Evaluation[],
): Figure<(typeof STEP_COLUMNS)[number]> {
  const runs = relateToUncorrupted(tabulateThresholds(evaluations), ({ steps }) => steps).map(
    ({ test_error: _, ...row }) => row,
  );
  const rows = addSeedMeans(runs, ['epochs', 'steps', 'relative']);
  const quantities: readonly Quantity<(typeof rows)[number]>[] = [
    scaleToModels(rows, { field: 'steps', title: 'steps to the threshold', format: ',' }),
    {
      field: 'relative',
      title: 'steps relative to p = 0',
      format: '.2f',
      domain: spanRelative(rows),
    },
  ];
  return {
    number: 'Figure 1b',
    title: 'Convergence slowdown: training steps to the interpolation threshold',
    caption: captionRuns(overrides, evaluations, [
      ...describeMissingBaselines(rows),
      ...describeUnreached(rows),
      ...describeMeans(rows, 'bars'),
      'Threshold: the first epoch with mean loss < 0.01 or accuracy > 99.7%.',
      ...describeNoise(rows),
      ...describeLogarithms(quantities),
      ...describePlaces(rows),
      ...describeEpochs(runs),
      ...describeScale(evaluations),
    ]),
    description:
      'Two line charts, a line for each model: steps, and steps relative to p = 0 until the ' +
      'interpolation threshold, against the probability that a label is random.',
    values: placeModels(rows),
    ...drawPanels(rows, quantities),
    csv: { columns: STEP_COLUMNS, rows },
  };
}

/**
 * Draws the minutes to the threshold, given by experiment (null where training diverged in its
 * first epoch), absolute and relative to p = 0.
 */
export function drawMinutes(
  overrides: readonly string[],
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
    scaleToModels(rows, { field: 'minutes', title: 'minutes to the threshold', format: '.3~r' }),
  ];
  return {
    number: 'Figure 1b',
    title: 'Convergence slowdown: minutes to the interpolation threshold',
    caption: captionRuns(overrides, evaluations, [
      ...describeUnreached(rows),
      'Wall-clock time, which depends on the machine and on what else ran.',
      ...describeMeans(rows, 'bars'),
      ...describeLogarithms(quantities),
      ...describePlaces(rows),
      ...describeScale(evaluations),
    ]),
    description:
      'Line chart, a line for each model: minutes of training until the interpolation threshold, ' +
      'against the probability that a label is random.',
    values: placeModels(rows),
    ...drawPanels(rows, quantities),
    csv: { columns: MINUTE_COLUMNS, rows },
  };
}

/** Room that the axis of a panel takes, and the gap to the next, in pixels. */
const AXIS_WIDTH = 60;
/** Sizes of one panel, and of each of two, in pixels. */
const SIZES = {
  page: [
    { width: 560, height: 280 },
    { width: 330, height: 250 },
  ],
  paper: [
    { width: 320, height: 200 },
    { width: 230, height: 180 },
  ],
} as const;

function drawPanels<Row extends CorruptionRow>(
  rows: readonly Row[],
  quantities: readonly Quantity<Row>[],
): { readonly width: number; readonly chart: (medium: Medium) => object } {
  const drawn = quantities.filter(({ field }) => rows.some((row) => row[field] !== null));
  const sizeFor = (medium: Medium) => SIZES[medium][drawn.length > 1 ? 1 : 0];
  const legendWidth = (medium: Medium) => drawn.length * (sizeFor(medium).width + AXIS_WIDTH);
  return {
    width: legendWidth('page'),
    chart: (medium) => ({
      hconcat: drawn.map((quantity) =>
        drawPanel(
          rows,
          quantity,
          { ...sizeFor(medium), legendWidth: legendWidth(medium) },
          quantity.field === 'relative' ? drawReference(1) : [],
        ),
      ),
      spacing: 28,
      resolve: { scale: { color: 'shared', shape: 'shared' } },
    }),
  };
}

/** A model whose largest value is so many times that of another would press it onto the axis. */
const DWARFING = 8;

/** A quantity on a logarithmic scale, where one model dwarfs another. */
function scaleToModels<Row extends CorruptionRow>(
  rows: readonly Row[],
  quantity: Quantity<Row>,
): Quantity<Row> {
  const largest = new Map<string, number>();
  const all: number[] = [];
  for (const row of rows) {
    const value = row[quantity.field];
    if (typeof value !== 'number') continue;
    // There is no logarithm of it.
    if (value <= 0) return quantity;
    all.push(value);
    largest.set(row.model, Math.max(value, largest.get(row.model) ?? 0));
  }
  const values = [...largest.values()];
  if (Math.max(...values) <= DWARFING * Math.min(...values)) return quantity;
  return { ...quantity, ticks: listTicks(all) };
}

/** The numbers 1, 2 and 5 times a power of ten that values lie among. */
function listTicks(values: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const powers = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))] as const;
  const ticks: number[] = [];
  for (let power = powers[0]; power <= powers[1]; power += 1) {
    for (const digit of [1, 2, 5]) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= least / 2 && tick <= most * 2) ticks.push(tick);
    }
  }
  return ticks;
}

/** The ends of an axis of quotients: from a little under 1, or their least, to over their greatest. */
function spanRelative(
  rows: readonly { readonly relative: number | null; readonly relative_high: number | null }[],
): readonly [number, number] {
  const values = rows.flatMap(({ relative, relative_high: high }) => [relative ?? 1, high ?? 1]);
  const [least, most] = [Math.min(1, ...values), Math.max(1, ...values)];
  const margin = 0.08 * Math.max(most - least, 0.5);
  return [least - margin, most + margin];
}

function describeLogarithms(
  quantities: readonly { readonly ticks?: readonly number[] }[],
): string[] {
  return quantities.some(({ ticks }) => ticks !== undefined) ? ['The scale is logarithmic.'] : [];
}

/** With one run at each level a rise and a fall between two of them may be chance. */
function describeNoise(rows: readonly CorruptionRow[]): string[] {
  return rows.some(({ n }) => n > 1)
    ? []
    : ['One run at each p: small differences between neighbours are noise.'];
}

/** Steps are counted at the ends of epochs, which is how fine they can be told. */
function describeEpochs(
  rows: readonly { readonly steps: number; readonly epochs: number }[],
): string[] {
  const lengths = listDistinct(rows.map(({ steps, epochs }) => Math.round(steps / epochs)));
  return [`An epoch is ${lengths.map(formatCount).join(' or ')} steps.`];
}

function describeMissingBaselines(
  rows: readonly { readonly model: string; readonly relative: number | null }[],
): string[] {
  const models = new Set(rows.filter(({ relative }) => relative === null).map((row) => row.model));
  if (models.size === 0) return [];
  return [`No relative value, for want of a threshold at p = 0: ${[...models].join(', ')}.`];
}
