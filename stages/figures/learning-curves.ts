/**
 * The stage `plot-learning-curves`: figure 1a of the paper, mean training loss against steps under
 * each randomization test, one panel a model.
 */

import type { StageContext } from 'rederive/contract';
import {
  nameTest,
  RANDOMIZATION_TESTS,
  type RandomizationTest,
} from '../../experiment/corruption/randomization-tests.ts';
import { captionRuns, listDistinct, readOverrides } from '../../experiment/plot/captions.ts';
import {
  arrangePanels,
  facetModels,
  layerCurves,
  layerDots,
  widthOfPanels,
} from '../../experiment/plot/curve-layers.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { fitColumns } from '../../experiment/plot/legend.ts';
import {
  arrangeCurves,
  listPoints,
  type ShownPoint,
  showCurves,
} from '../../experiment/plot/loss-curves.ts';
import { orderModels } from '../../experiment/plot/palette.ts';
import { describeMeans, groupBy, type RunRow } from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { readTrainingRuns, type TrainingRun } from '../../experiment/recorded/read-runs.ts';

const COLUMNS = [
  'model',
  'test',
  'statistic',
  'seed',
  'n',
  'experiment',
  'step',
  'epoch',
  'loss',
  'smoothed',
  'smoothed_low',
  'smoothed_high',
  'threshold',
] as const;

/** The loss of guessing is ln 10 = 2.3, so that an axis to 2.5 holds what is not an outlier. */
const LEAST_TOP = 2.5;
/** The axis ends here even where training diverges. */
const MOST_TOP = 5;
/** Losses above this share of the others may leave the panel. */
const TOP_QUANTILE = 0.995;

/** Runs the stage. Reads input `metrics`, writes outputs `spec`, `svg`, `png` and `csv`. */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const runs = await readTrainingRuns(context);
  const figure = drawLearningCurves(overrides, runs);
  await writeFigure(context, '', figure);
  context.emit({ type: 'summary', values: { runs: runs.length } });
}

/** Draws the curves of runs in any order. */
export function drawLearningCurves(
  overrides: readonly string[],
  runs: readonly TrainingRun[],
): Figure<(typeof COLUMNS)[number]> {
  const models = orderModels(runs.map((run) => run.model));
  const tests = RANDOMIZATION_TESTS.filter(({ name }) =>
    runs.some((run) => nameTest(run) === name),
  );
  const rank = (run: TrainingRun) =>
    models.indexOf(run.model) * tests.length +
    tests.findIndex(({ name }) => name === nameTest(run));
  const curves = arrangeCurves(
    runs.toSorted((a, b) => rank(a) - rank(b) || (a.experiment < b.experiment ? -1 : 1)),
  );
  const { main } = curves;
  const top = chooseTop(runs);
  const shown = showCurves(curves, top);
  const smoothed = layerCurves(main, { field: 'smoothed', tooltip }, DASHES);
  return {
    number: 'Figure 1a',
    title: 'Learning curves: training loss under the randomization tests',
    caption: captionRuns(overrides, runs, [
      ...describeDiverged(runs),
      ...describeMeans(shown, 'bands'),
      ...describeMarks(runs, main),
      ...describeHidden(shown, main),
      ...describeLosses(runs),
      ...describeCut(runs, top),
      ...describeScale(runs),
    ]),
    description:
      'Line charts, one for each model: mean training loss against training steps for ' +
      `${tests.map(({ name }) => name.toLowerCase()).join(', ')}.`,
    width: widthOfPanels(arrangePanels(models.length, 'page')),
    values: shown,
    chart: (medium) => {
      const arrangement = arrangePanels(models.length, medium);
      const columns = fitColumns(
        tests.map(({ name }) => name),
        widthOfPanels(arrangement),
      );
      return facetModels(models, arrangement, {
        encoding: encodeCurves(runs, tests, {
          top,
          columns,
          ticks: arrangement.columns < 3 ? 6 : 4,
        }),
        layer: main === 'run' ? [RAW, ...smoothed, THRESHOLDS] : [...smoothed, THRESHOLDS],
      });
    },
    csv: { columns: COLUMNS, rows: listPoints(curves) },
  };
}

const tooltip = [
  ...['experiment', 'test', 'step', 'epoch'].map((field) => ({ field })),
  ...['loss', 'smoothed'].map((field) => ({ field, type: 'quantitative', format: '.3f' })),
];
const RAW = {
  mark: { type: 'line', strokeWidth: 0.7, opacity: 0.28, clip: true },
  encoding: { y: { field: 'loss', type: 'quantitative' } },
};
const THRESHOLDS = layerDots('datum.threshold', { field: 'smoothed', tooltip }, 'dot');
/** A curve over others that it would hide is dashed, so that they show in its gaps. */
const DASHES = {
  strokeDash: {
    field: 'hides',
    type: 'ordinal',
    scale: {
      domain: [0, 1, 2],
      range: [
        [1, 0],
        [5, 5],
        [2, 6],
      ],
    },
    legend: null,
  },
};

function encodeCurves(
  runs: readonly TrainingRun[],
  tests: readonly RandomizationTest[],
  {
    top,
    columns,
    ticks,
  }: { readonly top: number; readonly columns: number; readonly ticks: number },
): object {
  const batchSizes = listDistinct(runs.map((run) => run.batchSize));
  return {
    x: {
      field: 'step',
      type: 'quantitative',
      title: `training steps (batches of ${batchSizes.join(' or ')})`,
      axis: { tickCount: ticks },
      scale: { zero: true, nice: false },
    },
    y: {
      type: 'quantitative',
      title: 'mean training loss (nats)',
      scale: { domain: [0, top], nice: false },
    },
    color: {
      field: 'test',
      type: 'nominal',
      scale: { domain: tests.map(({ name }) => name), range: tests.map(({ color }) => color) },
      legend: { columns, symbolType: 'stroke', symbolSize: 260, symbolStrokeWidth: 2.5 },
    },
    detail: { field: 'experiment', type: 'nominal' },
  };
}

function chooseTop(runs: readonly TrainingRun[]): number {
  const losses = new Float64Array(runs.reduce((sum, { steps }) => sum + steps.length, 0));
  let count = 0;
  for (const { steps } of runs) for (const { loss } of steps) losses[count++] = loss;
  losses.sort();
  const high = losses[Math.floor(TOP_QUANTILE * (losses.length - 1))] ?? 0;
  return Math.min(MOST_TOP, Math.max(LEAST_TOP, Math.ceil(high * 2) / 2));
}

/** Says which curves are dashed because they lie on others. */
function describeHidden(points: readonly ShownPoint[], main: RunRow['statistic']): string[] {
  const over = points.filter(({ statistic, hides }) => statistic === main && hides > 0);
  const names = groupBy(over, ({ model }) => model).map((own) => {
    const tests = listDistinct(own.map(({ test }) => test.toLowerCase()));
    return `${tests.join(' and ')} (${own[0]?.model})`;
  });
  if (names.length === 0) return [];
  return [`Dashed where a curve would hide another: ${names.join(', ')}.`];
}

function describeDiverged(runs: readonly TrainingRun[]): string[] {
  const diverged = runs.filter(({ end }) => end === 'diverged').map((run) => run.experiment);
  return diverged.length > 0 ? [`Diverged: ${diverged.sort().join(', ')}.`] : [];
}

/** A threshold that is met by accuracy may leave a loss that is far from zero. */
const HIGH_LOSS = 0.1;

function describeLosses(runs: readonly TrainingRun[]): string[] {
  const losses = runs.flatMap(({ epochs, thresholdStep }) =>
    epochs.flatMap(({ step, loss }) => (step === thresholdStep && loss !== null ? [loss] : [])),
  );
  const most = Math.max(0, ...losses);
  if (most < HIGH_LOSS) return [];
  return [
    `Where the threshold is met by accuracy, the loss of the epoch is up to ${most.toFixed(2)}.`,
  ];
}

function describeCut(runs: readonly TrainingRun[], top: number): string[] {
  const isCut = runs.some(({ steps }) => steps.some(({ loss }) => loss > top));
  return isCut ? [`Losses above ${top} are cut off.`] : [];
}

function describeMarks(runs: readonly TrainingRun[], main: RunRow['statistic']): string[] {
  return [
    main === 'run'
      ? 'Thin: a batch; thick: mean over an epoch of steps.'
      : 'Losses are means over one epoch of steps.',
    ...(runs.some((run) => run.thresholdStep !== null)
      ? ['Dot: interpolation threshold, an epoch with mean loss < 0.01 or accuracy > 99.7%.']
      : []),
  ];
}
