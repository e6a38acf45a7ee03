/**
 * The stage `plot-capacity-curves`: training accuracy against epochs for every corruption
 * probability, one panel a model.
 */

import type { StageContext } from 'rederive/contract';
import { captionRuns, readOverrides } from '../../experiment/plot/captions.ts';
import {
  arrangePanels,
  dropPartialMeans,
  facetModels,
  layerCurves,
  layerDots,
  widthOfPanels,
} from '../../experiment/plot/curve-layers.ts';
import { type Figure, type Medium, writeFigure } from '../../experiment/plot/figure.ts';
import { fitColumns } from '../../experiment/plot/legend.ts';
import { orderModels, rampColors } from '../../experiment/plot/palette.ts';
import {
  addMeans,
  describeMeans,
  groupBy,
  mainStatistic,
  type RunRow,
} from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { readTrainingRuns, type TrainingRun } from '../../experiment/recorded/read-runs.ts';

const COLUMNS = [
  'model',
  'p',
  'statistic',
  'seed',
  'n',
  'experiment',
  'epoch',
  'step',
  'accuracy',
  'accuracy_low',
  'accuracy_high',
  'last',
] as const;

/** The training accuracy of an epoch. */
interface AccuracyRow extends RunRow {
  readonly model: string;
  readonly p: number;
  readonly epoch: number;
  readonly step: number;
  readonly accuracy: number;
  /** True for the last epoch of a run or mean. */
  readonly last: boolean;
}

const tooltip = ['experiment', 'p', 'epoch', 'step', 'accuracy'].map((field) =>
  field === 'accuracy' ? { field, type: 'quantitative', format: '.2%' } : { field },
);

/** The end of the axis, with room for a dot at 1. */
const TOP = 1.03;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Runs the stage. Reads input `metrics`, writes outputs `spec`, `svg`, `png` and `csv`. */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const runs = await readTrainingRuns(context);
  await writeFigure(context, '', drawCapacityCurves(overrides, runs));
  context.emit({ type: 'summary', values: { runs: runs.length } });
}

/** Draws the curves of runs in any order. */
export function drawCapacityCurves(
  overrides: readonly string[],
  runs: readonly TrainingRun[],
): Figure<(typeof COLUMNS)[number]> {
  const models = orderModels(runs.map(({ model }) => model));
  const levels = [...new Set(runs.map(({ p }) => p))].sort((a, b) => a - b);
  const rows = tabulateAccuracies(runs, models);
  const main = mainStatistic(rows);
  return {
    title: 'Capacity: training accuracy under more and more random labels',
    caption: captionRuns(overrides, runs, [
      'Accuracy over each epoch, on the labels that are trained on.',
      `A curve ends where training stopped${runs.some(({ end }) => end === 'interpolated') ? ', most at the interpolation threshold' : ''}.`,
      ...describeMeans(rows, 'bands'),
      ...describeScale(runs),
    ]),
    description:
      'Line charts, one for each model: training accuracy against epochs, a line for each ' +
      `probability that a label is random: ${levels.join(', ')}.`,
    width: widthOfPanels(arrangePanels(models.length, 'page')),
    values: rows,
    chart: (medium) => drawPanels(models, levels, main, medium),
    csv: { columns: COLUMNS, rows },
  };
}

function drawPanels(
  models: readonly string[],
  levels: readonly number[],
  main: RunRow['statistic'],
  medium: Medium,
): object {
  const arrangement = arrangePanels(models.length, medium);
  const columns = fitColumns(
    levels.map((p) => `p = ${p}`),
    widthOfPanels(arrangement),
  );
  return facetModels(models, arrangement, {
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'epochs',
        axis: { tickCount: arrangement.columns < 3 ? 6 : 4 },
        scale: { zero: true, nice: false },
      },
      y: {
        type: 'quantitative',
        title: 'training accuracy',
        axis: { format: '.0%', values: TICKS, tickCount: TICKS.length },
        // Dots at 100 % stay within their panel, else its head would stand higher than others.
        scale: { domain: [0, TOP], nice: false },
      },
      color: {
        field: 'p',
        type: 'ordinal',
        scale: {
          domain: levels,
          range: rampColors(levels.length),
        },
        legend: {
          columns,
          labelExpr: "'p = ' + datum.label",
          symbolType: 'stroke',
          symbolSize: 260,
          symbolStrokeWidth: 2.5,
        },
      },
      detail: { field: 'experiment', type: 'nominal' },
    },
    layer: [
      ...layerCurves(main, { field: 'accuracy', tooltip }),
      layerDots(`datum.last && datum.statistic === '${main}'`, { field: 'accuracy', tooltip }, 36),
    ],
  });
}

function tabulateAccuracies(runs: readonly TrainingRun[], models: readonly string[]) {
  const rows = runs
    .toSorted(
      (a, b) => models.indexOf(a.model) - models.indexOf(b.model) || a.p - b.p || a.seed - b.seed,
    )
    .flatMap(({ model, p, seed, experiment, epochs }) =>
      epochs.map(
        ({ epoch, step, accuracy }): AccuracyRow => ({
          model,
          p,
          statistic: 'run',
          seed,
          n: 1,
          experiment,
          epoch,
          step,
          accuracy,
          last: false,
        }),
      ),
    );
  const curveOf = ({ model, p }: AccuracyRow) => `${model} ${p}`;
  const all = addMeans(rows, ['accuracy'], (row) => `${curveOf(row)} ${row.epoch}`);
  return groupBy(
    dropPartialMeans(all, curveOf),
    (row) => `${row.statistic} ${curveOf(row)} ${row.seed}`,
  ).flatMap((curve) =>
    // A mean ends where the first of its runs does.
    curve.map((row, index) => ({ ...row, last: index === curve.length - 1 })),
  );
}
