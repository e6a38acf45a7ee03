/**
 * The stage `plot-implicit-regularization`: how near SGD on least squares comes to the solution of least
 * norm from two starts, and the test error of what a Gaussian kernel fits exactly.
 */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema } from '../../experiment/data/json.ts';
import { POWER_LABELS } from '../../experiment/data/powers.ts';
import {
  type Caption,
  formatCount,
  nameDataset,
  readOverrides,
  wordOverrides,
} from '../../experiment/plot/captions.ts';
import { drawReference } from '../../experiment/plot/corruption-panel.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { styleModels } from '../../experiment/plot/palette.ts';
import { formatSolutionsMarkdown } from '../../experiment/plot/solutions-markdown.ts';
import { AID_COLOR, NOTE_SIZE } from '../../experiment/plot/theme.ts';
import { schemaOf } from '../../experiment/recorded/fields.ts';
import { checkLine, readJsonLines } from '../../experiment/recorded/json-lines.ts';
import { listInputs } from '../../experiment/recorded/read-runs.ts';
import {
  SOLUTION_FIELDS,
  type Solution,
  WAY_FIELDS,
  type WayPoint,
} from '../../experiment/recorded/solution.ts';

const COLUMNS = [
  ...(['run', 'problem', 'method', 'images', 'epochs', 'residual', 'norm', 'least_norm'] as const),
  ...(['distance', 'outside', 'width', 'train_error', 'test_error'] as const),
] as const;

const TITLE = 'SGD finds the solution of least norm; the least function of a kernel generalizes';
const SIZES = {
  page: { width: 330, height: 250 },
  paper: { width: 225, height: 175 },
};
/** The paper's test error on CIFAR-10, of all 50,000 images. */
const PAPER_ERROR = 0.46;
const [FROM_ZERO, FROM_RANDOM] = styleModels(['MLP1', 'InceptionSmall']).map(({ color }) => color);

const validateSolution = compileSchema<Solution>(schemaOf(SOLUTION_FIELDS));
const validateWay = compileSchema<WayPoint>(schemaOf(WAY_FIELDS));

/**
 * Runs the stage. Reads inputs `solutions` and `way`, writes `spec`, `svg`, `png`, `csv` and `markdown`.
 *
 * @throws StageFailure where an input is missing or malformed
 */
export async function run(context: StageContext): Promise<void> {
  const [input] = listInputs(context, 'solutions');
  const [beside] = listInputs(context, 'way');
  if (input === undefined || beside === undefined) return fail('an input is missing');
  const solutions = (await readJsonLines(input)).map((line) =>
    checkLine(input, line, validateSolution),
  );
  const way = (await readJsonLines(beside)).map((line) => checkLine(beside, line, validateWay));
  const caption = describeSolutions(readOverrides(context), solutions);
  const { node = '' } = input;
  await writeFigure(context, '', drawSolutions(node, solutions, way, caption));
  const path = context.outputs['markdown'] ?? fail('the output markdown is missing');
  await writeFile(path, formatSolutionsMarkdown(TITLE, solutions, caption));
}

/** Draws what one run of the stage `least-norm` found. */
export function drawSolutions(
  run: string,
  solutions: readonly Solution[],
  way: readonly WayPoint[],
  caption: Caption,
): Figure<(typeof COLUMNS)[number]> {
  const rows = solutions.map(({ experiment, train, ...rest }) => ({
    ...rest,
    run,
    problem: experiment,
    images: train,
  }));
  const curves = way.map(({ experiment, method, train, epochs, distance }) => ({
    ...{ run, panel: 'way', problem: experiment, method, images: train, epochs, distance },
  }));
  const errors = rows.filter(({ epochs }) => epochs === null);
  return {
    title: TITLE,
    caption,
    description:
      'Two line charts. Distance of the weights of SGD from the solution of least norm against epochs, ' +
      'from zero and from a random start; test error of the kernel solution against images.',
    width: 2 * (SIZES.page.width + 60),
    values: [...curves, ...errors.map((row) => ({ ...row, panel: 'kernel' }))],
    chart: (medium) => ({
      hconcat: [
        { ...SIZES[medium], transform: [filterPanel('way')], layer: drawWays(way) },
        { ...SIZES[medium], transform: [filterPanel('kernel')], layer: drawErrors(solutions) },
      ],
      spacing: 34,
      resolve: { scale: { color: 'independent' } },
    }),
    csv: { columns: COLUMNS, rows },
  };
}

function filterPanel(panel: string): object {
  return { filter: `datum.panel === '${panel}'` };
}

function drawWays(way: readonly WayPoint[]): readonly object[] {
  const ends = [...new Map(way.map((point) => [point.experiment, point])).values()];
  const x = {
    field: 'epochs',
    type: 'quantitative',
    title: 'epochs of SGD on least squares',
    scale: { type: 'log', nice: false, padding: 10 },
    axis: { format: ',d', tickCount: 4 },
  };
  const y = {
    field: 'distance',
    type: 'quantitative',
    title: 'relative distance from the least',
    scale: { type: 'log' },
    axis: {
      labelExpr: POWER_LABELS,
      tickCount: 5,
      grid: true,
    },
  };
  const color = {
    field: 'method',
    type: 'nominal',
    scale: {
      domain: ['SGD from zero', 'SGD from a random start'],
      range: [FROM_ZERO, FROM_RANDOM],
    },
  };
  const tooltip = ['method', 'images', 'epochs', 'distance'].map((field) => ({ field }));
  const [first, ...others] = ends.filter(({ method }) => method === 'SGD from zero');
  const text = { type: 'text', fontSize: NOTE_SIZE, color: AID_COLOR };
  // The first curve has its number to its left, since the next may be nearer than a number is wide.
  const labels = [
    { data: { values: [first ?? []].flat() }, mark: { ...text, align: 'right', dx: -6 } },
    { data: { values: others }, mark: { ...text, align: 'left', dx: 6 } },
  ].map((label) => ({
    ...label,
    encoding: { x, y, text: { field: 'train', type: 'quantitative', format: ',d' } },
  }));
  return [
    {
      mark: { type: 'line', strokeWidth: 1.8 },
      encoding: { x, y, color, detail: { field: 'problem' }, tooltip },
    },
    ...labels,
  ];
}

function drawErrors(solutions: readonly Solution[]): readonly object[] {
  const kernels = solutions.filter(({ model }) => model === 'Gaussian kernel');
  const isOfPaper = kernels.every(({ synthetic }) => !synthetic);
  const most = Math.max(1, ...kernels.map(({ train }) => train));
  const note = {
    data: { values: [{}] },
    mark: {
      ...{ type: 'text', align: 'right', baseline: 'top', dy: 4 },
      ...{ text: 'the paper, 50,000 images', color: AID_COLOR, fontSize: NOTE_SIZE },
    },
    encoding: {
      x: { datum: most, type: 'quantitative' },
      y: { datum: PAPER_ERROR, type: 'quantitative' },
    },
  };
  return [
    ...(isOfPaper ? [...drawReference(PAPER_ERROR), note] : []),
    {
      mark: { type: 'line', color: FROM_ZERO, point: { size: 62, filled: true, color: FROM_ZERO } },
      encoding: {
        x: {
          field: 'images',
          type: 'quantitative',
          title: 'images fitted exactly with a Gaussian kernel',
          scale: { type: 'log', nice: false, padding: 10 },
          axis: { format: ',d', tickCount: 4 },
        },
        y: {
          field: 'test_error',
          type: 'quantitative',
          title: 'test error',
          scale: { domain: [0, 1] },
          axis: { format: '.0%', grid: true },
        },
        tooltip: ['images', 'width', 'norm', 'train_error', 'test_error'].map((field) => ({
          field,
        })),
      },
    },
  ];
}

/** Says what was solved, and what a reader has to know about it. */
function describeSolutions(overrides: readonly string[], solutions: readonly Solution[]): Caption {
  const [first] = solutions;
  if (first === undefined) return fail('there is no solution to draw');
  const sizes = (model: string) =>
    [...new Set(solutions.filter((one) => one.model === model).map(({ train }) => train))]
      .map(formatCount)
      .join(', ');
  const width = solutions.find((one) => one.width !== null)?.width;
  const unmet = solutions.filter(({ epochs, residual }) => epochs !== null && residual > 1e-9);
  return {
    summary: [
      nameDataset(first),
      `d = ${formatCount(first.dimensions)}`,
      `n = ${sizes('least squares')} (least squares), ${sizes('Gaussian kernel')} (kernel)`,
      ...wordOverrides(overrides),
    ],
    notes: [
      'In float64; numbers at curves are images.',
      ...(unmet.length === 0
        ? []
        : [
            `Not converged in its epochs: n = ${[...new Set(unmet.map(({ train }) => train))].join(', ')}.`,
          ]),
      'Least squares: the first five classes against the last five, a step for each image.',
      ...(width === undefined
        ? []
        : [`Kernel: σ² is ${width} of the median squared distance, chosen on images held out.`]),
      ...(first.synthetic ? ['The paper’s 46 % is of CIFAR-10, and not drawn.'] : []),
    ],
  };
}
