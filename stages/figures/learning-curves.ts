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
import {
  arrangePanels,
  dropPartialMeans,
  facetModels,
  layerCurves,
  layerDots,
} from '../../experiment/plot/curve-layers.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { orderModels } from '../../experiment/plot/palette.ts';
import {
  addMeans,
  describeMeans,
  groupBy,
  mainStatistic,
  type RunRow,
} from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { smoothCurve, thinCurve } from '../../experiment/plot/smooth.ts';
import { describeRuns, listDistinct, readProfile } from '../../experiment/plot/subtitle.ts';
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

/** A logged step of one run, or the mean of several at it. */
interface CurvePoint extends RunRow {
  readonly model: string;
  /** The randomization test. */
  readonly test: string;
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  /** Centred mean of the loss over one epoch of steps. */
  readonly smoothed: number;
  /** True for the last logged step of the epoch that met the interpolation threshold. */
  readonly threshold: boolean;
}

/** Points a curve and panel are drawn with, about, however many steps there are: two a bucket. */
const BUCKETS = 150;
/** The loss of guessing is ln 10 = 2.3, so that an axis to 2.5 holds what is not an outlier. */
const LEAST_TOP = 2.5;
/** The axis ends here even where training diverges. */
const MOST_TOP = 5;
/** Losses above this share of the others may leave the panel. */
const TOP_QUANTILE = 0.995;

/** Runs the stage. Reads input `metrics`, writes outputs `spec`, `svg`, `png` and `csv`. */
export async function run(context: StageContext): Promise<void> {
  const profile = readProfile(context);
  const runs = await readTrainingRuns(context);
  const figure = drawLearningCurves(profile, runs);
  await writeFigure(context, '', figure);
  context.emit({ type: 'summary', values: { runs: runs.length } });
}

/** Draws the curves of runs in any order. */
export function drawLearningCurves(
  profile: string,
  runs: readonly TrainingRun[],
): Figure<(typeof COLUMNS)[number]> {
  const models = orderModels(runs.map((run) => run.model));
  const tests = RANDOMIZATION_TESTS.filter(({ name }) =>
    runs.some((run) => nameTest(run) === name),
  );
  const rank = (run: TrainingRun) =>
    models.indexOf(run.model) * tests.length +
    tests.findIndex(({ name }) => name === nameTest(run));
  const points = averageCurves(
    runs
      .toSorted((a, b) => rank(a) - rank(b) || (a.experiment < b.experiment ? -1 : 1))
      .flatMap(tabulateCurve),
  );
  const curves = groupBy(points, ({ statistic, model, test, experiment }) =>
    [statistic, model, test, statistic === 'run' ? experiment : ''].join(' '),
  );
  const lastStep = Math.max(...curves.map((curve) => curve.at(-1)?.step ?? 0));
  const main = mainStatistic(points);
  const arrangement = arrangePanels(models.length);

  const smoothed = layerCurves(main, { field: 'smoothed', tooltip });
  return {
    title: 'Learning curves: training loss under the randomization tests',
    subtitle: describeRuns(profile, runs, [
      ...describeScale(runs),
      ...describeMarks(runs, main),
      ...describeMeans(points, 'Bands'),
    ]),
    description:
      'Line charts, one for each model: mean training loss against training steps for ' +
      `${tests.map(({ name }) => name.toLowerCase()).join(', ')}.`,
    width: arrangement.columns * (arrangement.width + 50),
    values: curves.flatMap((curve) => thinPoints(curve, lastStep)),
    chart: facetModels(models, arrangement, {
      encoding: encodeCurves(runs, points, tests, lastStep),
      layer: main === 'run' ? [RAW, ...smoothed, THRESHOLDS] : [...smoothed, THRESHOLDS],
    }),
    csv: { columns: COLUMNS, rows: points },
  };
}

const tooltip = ['experiment', 'test', 'step', 'epoch', 'loss', 'smoothed'].map((field) => ({
  field,
}));
const RAW = {
  mark: { type: 'line', strokeWidth: 0.7, opacity: 0.28, clip: true },
  encoding: { y: { field: 'loss', type: 'quantitative' } },
};
const THRESHOLDS = layerDots('datum.threshold', { field: 'smoothed', tooltip });

function encodeCurves(
  runs: readonly TrainingRun[],
  points: readonly CurvePoint[],
  tests: readonly RandomizationTest[],
  lastStep: number,
): object {
  const batchSizes = listDistinct(runs.map((run) => run.batchSize));
  return {
    x: {
      field: 'step',
      type: 'quantitative',
      title: `training steps (batches of ${batchSizes.join(' or ')} images)`,
      axis: { tickCount: 5 },
      scale: { domain: [0, lastStep], nice: false },
    },
    y: {
      type: 'quantitative',
      title: 'mean training loss (nats)',
      scale: { domain: [0, chooseTop(points)], nice: false },
    },
    color: {
      field: 'test',
      type: 'nominal',
      scale: { domain: tests.map(({ name }) => name), range: tests.map(({ color }) => color) },
      legend: { symbolType: 'stroke', symbolSize: 260, symbolStrokeWidth: 2.5 },
    },
    detail: { field: 'experiment', type: 'nominal' },
  };
}

function tabulateCurve(run: TrainingRun): readonly CurvePoint[] {
  const { thresholdStep } = run;
  const smoothed = smoothCurve(
    run.steps.map(({ loss }) => loss),
    run.steps.filter(({ epoch }) => epoch === 1).length,
  );
  const thresholdIndex =
    thresholdStep === null ? -1 : run.steps.findLastIndex(({ step }) => step <= thresholdStep);
  const test = nameTest(run);
  return run.steps.map(({ step, epoch, loss }, index) => ({
    model: run.model,
    test,
    statistic: 'run',
    seed: run.seed,
    n: 1,
    experiment: run.experiment,
    step,
    epoch,
    loss,
    smoothed: smoothed[index] ?? loss,
    threshold: index === thresholdIndex,
  }));
}

/** Appends the means over seeds at each step that all of them have logged. */
function averageCurves(points: readonly CurvePoint[]) {
  const curveOf = ({ model, test }: CurvePoint) => `${model} ${test}`;
  const all = addMeans(points, ['loss', 'smoothed'], (point) => `${curveOf(point)} ${point.step}`);
  return dropPartialMeans(all, curveOf).map((point) =>
    point.statistic === 'mean' ? { ...point, threshold: false } : point,
  );
}

function thinPoints(curve: readonly CurvePoint[], lastStep: number): CurvePoint[] {
  const kept = new Set(
    thinCurve(
      curve.map(({ step }) => step),
      curve.map(({ loss }) => loss),
      BUCKETS,
      lastStep,
    ),
  );
  return curve.filter((point, index) => kept.has(index) || point.threshold);
}

function chooseTop(points: readonly CurvePoint[]): number {
  const losses = Float64Array.from(points, ({ loss }) => loss).sort();
  const high = losses[Math.floor(TOP_QUANTILE * (losses.length - 1))] ?? 0;
  return Math.min(MOST_TOP, Math.max(LEAST_TOP, Math.ceil(high * 2) / 2));
}

function describeMarks(runs: readonly TrainingRun[], main: RunRow['statistic']): string[] {
  const diverged = runs.filter(({ end }) => end === 'diverged').map((run) => run.experiment);
  return [
    main === 'run'
      ? 'Thin: loss of a batch; thick: mean over one epoch of steps.'
      : 'Losses are means over one epoch of steps.',
    ...(runs.some((run) => run.thresholdStep !== null)
      ? ['Dot: interpolation threshold, an epoch with mean loss < 0.01 or accuracy > 99.7%.']
      : []),
    ...(diverged.length > 0 ? [`Diverged: ${diverged.sort().join(', ')}.`] : []),
  ];
}
