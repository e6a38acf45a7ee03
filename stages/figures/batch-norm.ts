/**
 * The stage `plot-batch-norm`: figure 2 of the paper, accuracy and loss on training and test images
 * against steps, of the small Inception with and without batch norm.
 */

import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { captionRuns, readOverrides } from '../../experiment/plot/captions.ts';
import { layerCurves, layerDots } from '../../experiment/plot/curve-layers.ts';
import {
  describeBatchNorm,
  describeEarlyStopping,
  type ResultRow,
  SETS,
  tabulateResults,
  WINDOW,
} from '../../experiment/plot/epoch-results.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { orderModels, styleModels } from '../../experiment/plot/palette.ts';
import { describeMeans, groupBy, mainStatistic } from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { readTrainingRuns, type TrainingRun } from '../../experiment/recorded/read-runs.ts';

const COLUMNS = [
  'model',
  'set',
  'statistic',
  'seed',
  'n',
  'experiment',
  'epoch',
  'step',
  'accuracy',
  'accuracy_low',
  'accuracy_high',
  'loss',
  'loss_low',
  'loss_high',
  'threshold',
  'best',
] as const;

const SIZES = {
  page: { width: 330, height: 260 },
  paper: { width: 232, height: 185 },
};
/** Losses above this share of the others may leave the panel. */
const TOP_QUANTILE = 0.97;

/**
 * Runs the stage. Reads input `metrics`, writes outputs `spec`, `svg`, `png` and `csv`.
 *
 * @throws StageFailure where a training was not tested as it went
 */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const runs = await readTrainingRuns(context);
  const untested = runs.find(({ tests, end }) => tests.length === 0 && end !== 'diverged');
  if (untested !== undefined) {
    fail(`${untested.experiment} was not tested as it trained; set training.evaluate_every to 1`);
  }
  await writeFigure(context, '', drawBatchNorm(overrides, runs));
  context.emit({ type: 'summary', values: { runs: runs.length } });
}

/** Draws the curves of runs in any order. */
export function drawBatchNorm(
  overrides: readonly string[],
  runs: readonly TrainingRun[],
): Figure<(typeof COLUMNS)[number]> {
  const models = orderModels(runs.map(({ model }) => model));
  const rows = tabulateResults(runs, models);
  const main = mainStatistic(rows);
  const losses = rows.flatMap(({ loss }) => (loss === null ? [] : [loss]));
  const accuracy = {
    field: 'accuracy',
    title: 'accuracy',
    format: '.2%',
    axis: { format: '.0%' },
    domain: [0, 1],
  };
  const loss = {
    field: 'loss',
    title: 'mean loss (nats)',
    format: '.3f',
    axis: {},
    domain: [0, chooseTop(losses)],
  };
  const x = {
    field: 'step',
    type: 'quantitative',
    title: 'training steps',
    axis: { tickCount: 4 },
    scale: { domain: [0, Math.max(...rows.map(({ step }) => step))], nice: false },
  };
  const color = {
    field: 'model',
    type: 'nominal',
    scale: { domain: models, range: styleModels(models).map((style) => style.color) },
    legend: { symbolType: 'stroke', symbolSize: 260, symbolStrokeWidth: 2.5 },
  };
  const strokeDash = {
    field: 'set',
    type: 'nominal',
    scale: {
      domain: SETS,
      range: [
        [1, 0],
        [5, 3],
      ],
    },
    // Apart from the legend of the models, which it stands beside.
    legend: {
      symbolType: 'stroke',
      symbolSize: 260,
      symbolStrokeWidth: 2,
      symbolOffset: 22,
    },
  };
  return {
    number: 'Figure 2',
    title: 'Batch norm: the small Inception with and without it',
    caption: captionRuns(overrides, runs, [
      ...compareToPaper(rows),
      ...describeMeans(rows, 'bands'),
      ...(main === 'run' ? [`Thin: an epoch; thick: mean over ${WINDOW} epochs.`] : []),
      ...describeThresholds(runs, models),
      ...describeEarlyStopping(rows),
      ...describeScale(runs),
    ]),
    description:
      'Two line charts: accuracy and mean loss against training steps, on training and test ' +
      `images, for ${models.join(' and ')}.`,
    width: 2 * (SIZES.page.width + 60),
    values: rows,
    chart: (medium) => ({
      hconcat: [accuracy, loss].map(({ field, title, format, axis, domain }) => {
        const tooltip = [
          ...['experiment', 'set', 'epoch', 'step'].map((name) => ({ field: name })),
          { field, type: 'quantitative', format },
        ];
        return {
          ...SIZES[medium],
          encoding: {
            x,
            y: { type: 'quantitative', title, axis, scale: { domain } },
            color,
            detail: { field: 'experiment', type: 'nominal' },
          },
          layer: [
            ...(main === 'run' ? [drawEpochs(field)] : []),
            ...layerCurves(main, {
              field: main === 'run' ? `smooth_${field}` : field,
              tooltip,
            }).map((layer) => withDash(layer, strokeDash)),
            layerDots("datum.threshold && datum.statistic === 'run'", { field, tooltip }),
            drawBest(field, domain, tooltip),
          ],
        };
      }),
      spacing: 28,
      resolve: { scale: { color: 'shared', strokeDash: 'shared' } },
    }),
    csv: { columns: COLUMNS, rows },
  };
}

/** The single epochs, faint, behind their means. */
function drawEpochs(field: string): object {
  return {
    transform: [{ filter: `isValid(datum.${field})` }],
    mark: { type: 'line', strokeWidth: 0.7, opacity: 0.35, clip: true },
    encoding: {
      y: { field, type: 'quantitative' },
      detail: [{ field: 'experiment' }, { field: 'set' }],
    },
  };
}

/** A ring at the best test accuracy of each run, where the panel has room for it. */
function drawBest(
  field: string,
  [, top = Infinity]: readonly number[],
  tooltip: readonly object[],
): object {
  const isInside = `isValid(datum.${field}) && datum.${field} <= ${top}`;
  return {
    transform: [{ filter: `datum.best && datum.statistic === 'run' && ${isInside}` }],
    mark: { type: 'point', filled: false, size: 80, strokeWidth: 1.8, opacity: 1 },
    encoding: { y: { field, type: 'quantitative' }, tooltip },
  };
}

/** Dashes the lines of a layer by their set; an area has no line, but is one of each set. */
function withDash(layer: object, strokeDash: object): object {
  const { mark, encoding } = layer as { mark: { type: string }; encoding: object };
  const dash =
    mark.type === 'line' ? { strokeDash } : { detail: [{ field: 'experiment' }, { field: 'set' }] };
  return { ...layer, encoding: { ...encoding, ...dash } };
}

function describeThresholds(runs: readonly TrainingRun[], models: readonly string[]): string[] {
  const notes = models.map((model) => {
    const own = runs.filter((one) => one.model === model);
    const epochs = own.flatMap(({ epochs: all, thresholdStep }) =>
      all.filter(({ step }) => step === thresholdStep).map(({ epoch }) => epoch),
    );
    if (epochs.length === 0) {
      const most = Math.max(...own.flatMap(({ epochs: all }) => all.map(({ epoch }) => epoch)), 0);
      return `${model} not in ${most} epochs`;
    }
    const found = [...new Set(epochs)].sort((a, b) => a - b).join(', ');
    const missed = own.length - epochs.length;
    return `${model} at epoch ${found}${missed > 0 ? `, ${missed} of ${own.length} runs never` : ''}`;
  });
  return [`Dots: interpolation threshold (${notes.join('; ')}).`];
}

/** Compares the test accuracies in which the two models end. */
function compareToPaper(rows: readonly ResultRow[]): string[] {
  const lastAccuracy = (model: string) => {
    const tests = rows.filter(
      (row) => row.model === model && row.set === 'test' && row.statistic === 'run',
    );
    const ends = groupBy(tests, ({ experiment }) => experiment).flatMap((run) => run.at(-1) ?? []);
    return ends.reduce((sum, { accuracy }) => sum + accuracy, 0) / ends.length;
  };
  const [normed, plain] = ['InceptionSmall', 'InceptionSmallWithoutBN'].map(lastAccuracy);
  if (normed === undefined || plain === undefined) return [];
  return describeBatchNorm(normed, plain);
}

function chooseTop(losses: readonly number[]): number {
  const sorted = losses.toSorted((a, b) => a - b);
  const high = sorted[Math.floor(TOP_QUANTILE * (sorted.length - 1))] ?? 0;
  return Math.max(2.5, Math.ceil(high * 2) / 2);
}
