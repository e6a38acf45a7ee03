/**
 * The stage `plot-table1`: the paper's table 1, training and test accuracy with and without crops,
 * weight decay and random labels, with our numbers beside.
 */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { orderModels, styleModels } from '../../experiment/plot/palette.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { describeRuns, readProfile, type Subtitle } from '../../experiment/plot/subtitle.ts';
import { formatTableMarkdown } from '../../experiment/plot/table1-markdown.ts';
import { type TableRow, tabulateTable1 } from '../../experiment/plot/table1-rows.ts';
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

const TITLE = 'Table 1: accuracy with and without regularization, the paper’s and ours';
/** Of one row, of a column of numbers, and of the panel of dots, in pixels. */
const ROW_HEIGHT = 22;
const COLUMN_WIDTH = 92;
const DOTS_WIDTH = 270;
const CHANCE = 10;

/** Runs the stage. Reads input `evaluations`, writes `spec`, `svg`, `png`, `csv` and `markdown`. */
export async function run(context: StageContext): Promise<void> {
  const profile = readProfile(context);
  const evaluations = await Promise.all(listInputs(context, 'evaluations').map(readEvaluation));
  const rows = tabulateTable1(evaluations);
  const subtitle = describeTable(profile, evaluations, rows);
  await writeFigure(context, '', drawTable1(rows, subtitle));
  await writeFile(outputPath(context, 'markdown'), formatTableMarkdown(TITLE, rows, subtitle));
  const measured = rows.filter(({ status }) => status === 'measured').length;
  context.emit({ type: 'summary', values: { rows: rows.length, measured } });
}

/** Draws the table with a panel of its test accuracies. */
export function drawTable1(
  rows: readonly TableRow[],
  subtitle: Subtitle,
): Figure<(typeof COLUMNS)[number]> {
  const values = rows.map((row) => ({ ...row, row: `${row.model}: ${row.setting}` }));
  const y = {
    field: 'row',
    type: 'nominal',
    sort: values.map(({ row }) => row),
    title: null,
    axis: { ticks: false, domain: false, labelPadding: 12, grid: false },
  };
  const height = { step: ROW_HEIGHT };
  return {
    title: TITLE,
    subtitle,
    description:
      'A table of training and test accuracies, the paper’s and ours, a row for each model and ' +
      'setting, and a dot plot of the test accuracies.',
    width: 4 * COLUMN_WIDTH + DOTS_WIDTH + 240,
    values,
    chart: {
      hconcat: [
        { height, width: 4 * COLUMN_WIDTH, layer: drawNumbers(y) },
        { height, width: DOTS_WIDTH, layer: drawDots(rows, { ...y, axis: null }) },
      ],
      spacing: 16,
      resolve: { scale: { y: 'shared' } },
    },
    csv: {
      columns: COLUMNS,
      rows: rows.map((row) => ({ ...row, experiments: row.runs.join(' ') })),
    },
  };
}

const HEADS = ['paper: train %', 'paper: test %', 'ours: train %', 'ours: test %'];

function drawNumbers(y: object): readonly object[] {
  const axis = { orient: 'top', ticks: false, domain: false, labelAngle: 0, title: null };
  const column = (head: string) => ({
    datum: head,
    type: 'nominal',
    scale: { domain: HEADS },
    axis,
  });
  const number = (head: string | undefined, field: string, where?: string) => ({
    transform: [
      ...(where === undefined ? [] : [{ filter: where }]),
      {
        calculate:
          `format(datum.${field}, '.2f') + (isValid(datum.${field}_high) ? ` +
          `' ± ' + format(datum.${field}_high - datum.${field}, '.2f') : '')`,
        as: `${field}_text`,
      },
    ],
    mark: { type: 'text', fontSize: NOTE_SIZE, fontWeight: where === undefined ? 400 : 600 },
    encoding: { x: column(head ?? ''), y, text: { field: `${field}_text`, type: 'nominal' } },
  });
  const measured = "datum.status === 'measured'";
  return [
    number(HEADS[0], 'paper_train'),
    number(HEADS[1], 'paper_test'),
    number(HEADS[2], 'train', measured),
    number(HEADS[3], 'test', measured),
    {
      transform: [{ filter: `!(${measured})` }],
      mark: {
        type: 'text',
        fontSize: NOTE_SIZE,
        fontStyle: 'italic',
        color: AID_COLOR,
        align: 'center',
      },
      encoding: {
        x: { value: 3 * COLUMN_WIDTH },
        y,
        text: { field: 'status', type: 'nominal' },
      },
    },
  ];
}

function drawDots(rows: readonly TableRow[], y: object): readonly object[] {
  const models = orderModels(rows.map(({ model }) => model));
  const styles = styleModels(models);
  const scale = (style: 'color' | 'shape') => ({
    field: 'model',
    type: 'nominal',
    scale: { domain: models, range: styles.map((one) => one[style]) },
    legend: null,
  });
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: 'test accuracy (%): paper open, ours filled',
    scale: { domain: [0, 100] },
    axis: { grid: true, tickCount: 5 },
  });
  const tooltip = ['model', 'setting', 'status', 'paper_test', 'test', 'n', 'runs'].map(
    (field) => ({
      field,
    }),
  );
  const measured = { filter: "datum.status === 'measured'" };
  return [
    {
      data: { values: [{}] },
      mark: { type: 'rule', strokeDash: [6, 4], color: AID_COLOR },
      encoding: { x: { datum: CHANCE, type: 'quantitative' } },
    },
    {
      transform: [measured],
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
      transform: [measured],
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { x: x('test'), y, color: scale('color'), shape: scale('shape'), tooltip },
    },
  ];
}

function describeTable(
  profile: string,
  evaluations: readonly Evaluation[],
  rows: readonly TableRow[],
): Subtitle {
  const unreached = rows.filter(({ reached }) => reached === false);
  const missing = rows.filter(({ status }) => status === 'not run in this profile').length;
  return describeRuns(profile, evaluations, [
    ...describeScale(evaluations),
    ...(evaluations.some(({ synthetic }) => synthetic)
      ? ['The paper’s numbers are of CIFAR-10.']
      : []),
    'Ours at the interpolation threshold, or at the last epoch where it was not reached; training ' +
      'accuracy is that over this epoch, in training mode.',
    ...(rows.some(({ n }) => n > 1) ? ['±: 95% interval of the mean (Student’s t).'] : []),
    ...(unreached.length > 0
      ? [
          `Threshold not reached: ${unreached.map((row) => `${row.model} (${row.setting})`).join(', ')}.`,
        ]
      : []),
    ...(missing > 0 ? [`${missing} of ${rows.length} rows are not run in this profile.`] : []),
    'Dashed: chance.',
  ]);
}
