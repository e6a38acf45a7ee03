/**
 * The stage `plot-table1`: the paper's table 1, training and test accuracy with and without crops,
 * weight decay and random labels, with our numbers beside.
 */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { type Caption, captionRuns, readOverrides } from '../../experiment/plot/captions.ts';
import { describeBatchNorm } from '../../experiment/plot/epoch-results.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { orderModels, styleModels } from '../../experiment/plot/palette.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { NOT_RUN, type TableRow, tabulateTable1 } from '../../experiment/plot/table1-rows.ts';
import { formatTableLatex, formatTableMarkdown } from '../../experiment/plot/table1-text.ts';
import { AID_COLOR, NOTE_SIZE } from '../../experiment/plot/theme.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import { listInputs, readEvaluation } from '../../experiment/recorded/read-runs.ts';
import { outputPath } from '../../experiment/training/job-files.ts';

const COLUMNS = [
  'model',
  'setting',
  'crop',
  'decay',
  'labels',
  'status',
  'n',
  'reached',
  'paper_train',
  'paper_test',
  'train',
  'train_low',
  'train_high',
  'test',
  'test_low',
  'test_high',
  'experiments',
] as const;

const TITLE = 'Accuracy with and without regularization, the paper’s and ours';
/** Of one row, and of the panel of dots, in pixels. */
const ROW_HEIGHT = 22;
const DOTS_WIDTH = { page: 330, paper: 300 };
const CHANCE = 10;

/**
 * Runs the stage. Reads input `evaluations`; writes `spec`, `svg`, `png`, `csv`, `markdown`, and
 * `latex` where the pipeline file has it.
 */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const evaluations = await Promise.all(listInputs(context, 'evaluations').map(readEvaluation));
  const rows = tabulateTable1(evaluations);
  const caption = captionTable(overrides, evaluations, rows);
  const { latex, ...outputs } = context.outputs;
  await writeFigure({ ...context, outputs }, '', drawTable1(rows, caption));
  await writeFile(outputPath(context, 'markdown'), formatTableMarkdown(TITLE, rows, caption));
  if (latex !== undefined) await writeFile(latex, formatTableLatex(TITLE, rows, caption));
  const measured = rows.filter(({ status }) => status === 'measured').length;
  context.emit({ type: 'summary', values: { rows: rows.length, measured } });
}

/** Draws the test accuracies of the rows that were run; the others are in the table alone. */
export function drawTable1(
  rows: readonly TableRow[],
  caption: Caption,
): Figure<(typeof COLUMNS)[number]> {
  const values = rows
    .filter(({ status }) => status !== NOT_RUN)
    .map((row) => ({ ...row, row: `${row.model}: ${row.setting}` }));
  return {
    number: 'Table 1',
    title: TITLE,
    caption,
    description:
      'A dot plot of test accuracies, the paper’s and ours, a row for each model and setting that ' +
      'was run, with the numbers beside it.',
    width: DOTS_WIDTH.page + 300,
    values,
    chart: (medium) => ({
      width: DOTS_WIDTH[medium],
      height: { step: ROW_HEIGHT },
      layer: drawDots(values),
    }),
    csv: {
      columns: COLUMNS,
      rows: rows.map((row) => ({ ...row, experiments: row.runs.join(' ') })),
    },
  };
}

const MEASURED = { filter: "datum.status === 'measured'" };

function drawDots(rows: readonly (TableRow & { readonly row: string })[]): readonly object[] {
  const models = orderModels(rows.map(({ model }) => model));
  const styles = styleModels(models);
  const scale = (style: 'color' | 'shape') => ({
    field: 'model',
    type: 'nominal',
    scale: { domain: models, range: styles.map((one) => one[style]) },
    legend: null,
  });
  const y = {
    field: 'row',
    type: 'nominal',
    sort: rows.map(({ row }) => row),
    title: null,
    axis: { ticks: false, domain: false, labelPadding: 12, grid: false },
  };
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: 'test accuracy (%)',
    scale: { domain: [0, 100] },
    axis: { grid: true, tickCount: 5 },
  });
  const tooltip = ['model', 'setting', 'status', 'paper_test', 'test', 'n', 'runs'].map(
    (field) => ({ field }),
  );
  const isMean = rows.some((row) => row.test_high !== null);
  const places = { ...PLACES, ours: PLACES.ours + (isMean ? INTERVAL_WIDTH : 0) };
  return [
    ...drawHeads(places),
    {
      data: { values: [{}] },
      mark: { type: 'rule', strokeDash: [6, 4], color: AID_COLOR },
      encoding: { x: { datum: CHANCE, type: 'quantitative' } },
    },
    {
      transform: [MEASURED],
      mark: { type: 'rule', strokeWidth: 1, opacity: 0.5 },
      encoding: { x: x('paper_test'), x2: { field: 'test' }, y, color: scale('color') },
    },
    {
      transform: [{ filter: 'isValid(datum.test_low)' }],
      mark: { type: 'rule', strokeWidth: 3, opacity: 0.5 },
      encoding: { x: x('test_low'), x2: { field: 'test_high' }, y, color: scale('color') },
    },
    {
      mark: { type: 'point', filled: false, fill: 'white', size: 52, strokeWidth: 1.6, opacity: 1 },
      encoding: { x: x('paper_test'), y, color: scale('color'), shape: scale('shape'), tooltip },
    },
    {
      transform: [MEASURED],
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { x: x('test'), y, color: scale('color'), shape: scale('shape'), tooltip },
    },
    writeNumbers(y, 'paper_test', places.paper),
    writeNumbers(y, 'test', places.ours),
  ];
}

/** Where the columns of numbers end, right of the dots, in pixels. */
const PLACES = { paper: 50, ours: 118 };
/** What an interval takes of the place beside a number, in pixels. */
const INTERVAL_WIDTH = 42;

/** What tells the two kinds of dots apart, over the column of each. */
function drawHeads(places: typeof PLACES): readonly object[] {
  return (['paper', 'ours'] as const).map((source) => ({
    data: { values: [{}] },
    mark: {
      type: 'text',
      text: source === 'paper' ? '○ paper' : '● ours',
      align: 'right',
      baseline: 'bottom',
      dx: places[source],
      fontSize: NOTE_SIZE,
      clip: false,
    },
    encoding: { x: { value: 'width' }, y: { value: -4 } },
  }));
}

function writeNumbers(y: object, field: string, place: number): object {
  return {
    transform: [
      {
        calculate:
          `!isValid(datum.${field}) ? datum.status : format(datum.${field}, '.1f') + ` +
          `(isValid(datum.${field}_high) ? ' ± ' + format(datum.${field}_high - datum.${field}, '.1f') : '')`,
        as: `${field}_text`,
      },
    ],
    mark: { type: 'text', align: 'right', dx: place, fontSize: NOTE_SIZE },
    encoding: { x: { value: 'width' }, y, text: { field: `${field}_text`, type: 'nominal' } },
  };
}

/** Compares the test accuracies of the small Inception without any regularizer. */
function compareBatchNorm(rows: readonly TableRow[]): string[] {
  const [normed, plain] = ['InceptionSmall', 'InceptionSmallWithoutBN'].map(
    (model) => rows.find((row) => row.model === model && row.setting === 'neither')?.test ?? null,
  );
  return typeof normed === 'number' && typeof plain === 'number'
    ? describeBatchNorm(normed / 100, plain / 100)
    : [];
}

function captionTable(
  overrides: readonly string[],
  evaluations: readonly Evaluation[],
  rows: readonly TableRow[],
): Caption {
  const unreached = rows.filter(({ reached }) => reached === false);
  const missing = rows.filter(({ status }) => status === NOT_RUN).length;
  return captionRuns(overrides, evaluations, [
    ...(evaluations.some(({ synthetic }) => synthetic)
      ? ['The paper’s numbers are of CIFAR-10.']
      : []),
    ...(unreached.length > 0
      ? [
          `Threshold not reached: ${unreached.map((row) => `${row.model} (${row.setting})`).join(', ')}.`,
        ]
      : []),
    ...compareBatchNorm(rows),
    'Dashed: chance.',
    ...(missing > 0 ? [`${missing} of the paper’s ${rows.length} rows were not run.`] : []),
    'Ours at the interpolation threshold, or at the last epoch where it was not reached; training ' +
      'accuracy is that over this epoch, in training mode.',
    ...(rows.some(({ n }) => n > 1) ? ['±: 95% interval of the mean (Student’s t).'] : []),
    ...describeScale(evaluations),
  ]);
}
