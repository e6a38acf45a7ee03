/**
 * The stage `plot-expressivity`: the paper's Theorem 1 on images with random labels: how many weights
 * the constructed network has, and how far from a label it is at most.
 */

import type { JobInput, StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema } from '../../experiment/data/json.ts';
import { POWER_LABELS } from '../../experiment/data/powers.ts';
import {
  formatCount,
  nameDataset,
  readOverrides,
  wordOverrides,
} from '../../experiment/plot/captions.ts';
import { drawReference } from '../../experiment/plot/corruption-panel.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { styleModels } from '../../experiment/plot/palette.ts';
import { AID_COLOR, NOTE_SIZE, Y_TICKS } from '../../experiment/plot/theme.ts';
import { schemaOf } from '../../experiment/recorded/fields.ts';
import { FIT_FIELDS, type Fit } from '../../experiment/recorded/fit.ts';
import { checkLine, readJsonLines } from '../../experiment/recorded/json-lines.ts';
import { listInputs } from '../../experiment/recorded/read-runs.ts';

const COLUMNS = ['run', 'points', 'dimensions', 'weights', 'max_error', 'fitted'] as const;

const validateFit = compileSchema<Fit>(schemaOf(FIT_FIELDS));

/**
 * Runs the stage. Reads input `fits`, writes outputs `spec`, `svg`, `png` and `csv`.
 *
 * @throws StageFailure where the input is missing or malformed
 */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const [input] = listInputs(context, 'fits');
  if (input === undefined) return fail('the input fits is missing');
  const fits = await readFits(input);
  await writeFigure(context, '', drawExpressivity(overrides, nameRun(input), fits));
}

async function readFits(input: JobInput): Promise<readonly Fit[]> {
  return (await readJsonLines(input)).map((line) => checkLine(input, line, validateFit));
}

function nameRun({ node = '' }: JobInput): string {
  return node.slice(node.indexOf('/') + 1);
}

/** An error of 0 has no place on a logarithmic axis: it is drawn at half a unit of rounding at 1. */
const LEAST_ERROR = 2 ** -53;
/** Labels are whole numbers: an output that is nearer than this to its label is nearest to it. */
const LABEL_DISTANCE = 0.5;
const SIZES = {
  page: { width: 330, height: 240 },
  paper: { width: 225, height: 165 },
};
const COLOR = styleModels(['MLP1'])[0]?.color ?? AID_COLOR;

/**
 * Draws the fits that one run of the stage `theorem1` made.
 *
 * @throws StageFailure where there is no fit
 */
export function drawExpressivity(
  overrides: readonly string[],
  run: string,
  fits: readonly Fit[],
): Figure<(typeof COLUMNS)[number]> {
  const [first] = fits;
  if (first === undefined) return fail('there is no fit to draw');
  const rows = fits.map(({ points, dimensions, weights, max_error, fitted }) => ({
    run,
    points,
    dimensions,
    weights,
    max_error,
    drawn_error: Math.max(max_error, LEAST_ERROR),
    fitted,
  }));
  const d = formatCount(first.dimensions);
  const sizes = fits.map(({ points }) => points);
  const most = Math.max(...fits.map(({ points }) => points));
  const largest = Math.max(...fits.map(({ weights }) => weights));
  return {
    title: 'Expressivity: two layers with 2n + d weights fit any labels',
    caption: {
      summary: [
        nameDataset(first),
        `n up to ${formatCount(most)} images`,
        `d = ${d}`,
        `labels random with p = ${first.p}`,
        ...wordOverrides(overrides),
      ],
      notes: [
        describeFits(fits),
        'The network of Theorem 1, c(x) = Σ w max(a·x − b, 0), is constructed in float64, not trained.',
        ...(fits.some((fit) => fit.max_error < LEAST_ERROR)
          ? ['Errors of 0 are drawn at 1.1 × 10⁻¹⁶.']
          : []),
      ],
    },
    description:
      'Two line charts against the number of points: the number of weights of the constructed ' +
      'network, and the largest distance between its output and a label.',
    width: 2 * (SIZES.page.width + 60),
    values: rows,
    chart: (medium) => ({
      hconcat: [
        {
          ...SIZES[medium],
          layer: [
            ...drawLabelledRule(first.dimensions, 'd', most),
            drawCurve('weights', sizes, {
              title: 'weights of the network, 2n + d',
              axis: { format: ',d' },
              scale: { domain: [0, largest], nice: Y_TICKS },
            }),
          ],
        },
        {
          ...SIZES[medium],
          layer: [
            ...drawLabelledRule(LABEL_DISTANCE, 'half the distance of two labels', most),
            drawCurve('drawn_error', sizes, {
              title: 'largest error of an output',
              axis: { values: [1e-15, 1e-10, 1e-5, 1], labelExpr: POWER_LABELS },
              scale: { type: 'log', domain: [1e-17, 10], nice: false },
            }),
          ],
        },
      ],
      spacing: 34,
    }),
    csv: { columns: COLUMNS, rows },
  };
}

/** Draws a dashed horizontal line with a label below its right end, at x. */
function drawLabelledRule(value: number, label: string, x: number): readonly object[] {
  const note = {
    data: { values: [{}] },
    mark: {
      type: 'text',
      text: label,
      align: 'right',
      baseline: 'top',
      dy: 4,
      color: AID_COLOR,
      fontSize: NOTE_SIZE,
    },
    encoding: {
      x: { datum: x, type: 'quantitative' },
      y: { datum: value, type: 'quantitative' },
    },
  };
  return [...drawReference(value), note];
}

function drawCurve(
  field: 'weights' | 'drawn_error',
  sizes: readonly number[],
  { axis, ...y }: { readonly title: string; readonly axis: object; readonly scale: object },
): object {
  return {
    mark: {
      type: 'line',
      color: COLOR,
      strokeWidth: 2,
      point: { size: 62, filled: true, color: COLOR },
    },
    encoding: {
      x: {
        field: 'points',
        type: 'quantitative',
        title: 'points n',
        scale: { type: 'log', nice: false, padding: 10 },
        // The last two may be too near each other for two labels.
        axis: { format: ',', values: sizes, labelOverlap: 'greedy' },
      },
      y: { field, type: 'quantitative', ...y, axis: { grid: true, tickCount: 5, ...axis } },
      tooltip: COLUMNS.map((column) => ({ field: column })),
    },
  };
}

function describeFits(fits: readonly Fit[]): string {
  const misfits = fits.filter(({ fitted }) => fitted < 1);
  if (misfits.length === 0) return 'At every n, each output is nearest to its own label.';
  const sizes = misfits.map(({ points }) => formatCount(points)).join(', ');
  return `Some outputs are nearer to another label, for want of precision, at n = ${sizes}.`;
}
