/**
 * The panel that figures 1b and 1c are made of: one quantity against the corruption probability, a
 * line a model, with open marks where a run did not reach the interpolation threshold.
 */

import { fitColumns } from './legend.ts';
import { type ModelStyle, orderModels, styleModels } from './palette.ts';
import { mainStatistic } from './replicates.ts';
import { AID_COLOR, NOTE_SIZE, Y_TICKS } from './theme.ts';
import type { CorruptionRow } from './threshold-rows.ts';

/** Width and height of a panel without its axes, in pixels. */
interface PanelSize {
  readonly width: number;
  readonly height: number;
}

/** A panel's place in a figure. */
export interface PanelLayout extends PanelSize {
  /** How wide the legend of the figure may be, in pixels. */
  readonly legendWidth: number;
  /** What stands under the x axis, where it is more than the usual. */
  readonly xTitle?: string;
}

/** What is drawn on the y axis. */
export interface Quantity<Row> {
  /** The field of the rows; null values are not drawn. */
  readonly field: keyof Row & string;
  readonly title: string;
  /** Format in tooltips, of d3-format. */
  readonly format: string;
  /** Format of the axis labels, where the default does not do. */
  readonly axisFormat?: string;
  /** The ends of the axis; from zero to the data where it is absent. */
  readonly domain?: readonly [number, number];
  /** The ticks of a logarithmic axis, which one model would else press the others onto. */
  readonly ticks?: readonly number[];
}

/** More levels than this are labelled at every second one. */
const MOST_LABELS = 7;

/**
 * Draws the panel, over layers of reference lines if there are any: the means over seeds with their
 * intervals, over faint runs, where the rows hold means; else the runs. The figure's data is the
 * rows with their places ({@link placeModels}).
 */
export function drawPanel<Row extends CorruptionRow>(
  rows: readonly Row[],
  quantity: Quantity<Row>,
  { legendWidth, xTitle = 'corruption probability p', ...size }: PanelLayout,
  references: readonly object[] = [],
): object {
  const { field } = quantity;
  const y = encodeQuantity(quantity);
  const main = mainStatistic(rows);
  const color = encodeModel(rows, 'color', legendWidth);
  const line = { x: encodeLevels(rows, xTitle), color, detail: SEED };
  const marks = {
    ...line,
    y,
    shape: encodeModel(rows, 'shape', legendWidth),
    tooltip: describeMark(quantity),
  };
  const drawn = { filter: `datum.statistic === '${main}' && isValid(datum.${field})` };
  const reachedField = `${field}_reached`;
  const style = { type: 'point', size: 62, strokeWidth: 1.8, opacity: 1 };
  // A layer without data would leave the scale without ends.
  const layerWhere = (reached: boolean, ...layers: readonly object[]) =>
    rows.some((row) => row.reached === reached && row.statistic === main && row[field] !== null)
      ? layers
      : [];
  return {
    ...size,
    layer: [
      ...references,
      ...(main === 'mean' ? drawReplicates(quantity, line, y) : []),
      // Runs through all marks; the next layer covers it between those that reached the threshold.
      ...layerWhere(false, {
        transform: [drawn],
        mark: { type: 'line', strokeWidth: 1.3, strokeDash: [3, 3], opacity: 0.75 },
        encoding: { ...line, y },
      }),
      ...layerWhere(
        true,
        {
          transform: [
            drawn,
            { calculate: `datum.reached ? datum.${field} : null`, as: reachedField },
          ],
          mark: { type: 'line', strokeWidth: 2, invalid: 'break-paths-show-domains' },
          encoding: { ...line, y: { ...y, field: reachedField } },
        },
        {
          transform: [drawn, { filter: 'datum.reached' }],
          mark: { ...style, filled: true },
          encoding: marks,
        },
      ),
      ...layerWhere(false, {
        transform: [drawn, { filter: '!datum.reached' }],
        mark: { ...style, filled: false, fill: 'white' },
        encoding: marks,
      }),
    ],
  };
}

const SEED = { field: 'seed', type: 'nominal' };

/** The single runs, faint, and the intervals of the means. */
function drawReplicates<Row>(
  quantity: Quantity<Row>,
  line: { readonly x: object; readonly color: object },
  y: object,
): readonly object[] {
  const { field } = quantity;
  const runs = { filter: `datum.statistic === 'run' && isValid(datum.${field})` };
  const tooltip = describeMark(quantity);
  return [
    {
      transform: [runs],
      mark: { type: 'line', strokeWidth: 0.8, opacity: 0.3 },
      encoding: { ...line, y },
    },
    {
      transform: [runs],
      mark: { type: 'circle', size: 14, opacity: 0.45 },
      encoding: { ...line, y, tooltip },
    },
    {
      transform: [{ filter: `datum.statistic === 'mean' && isValid(datum.${field}_low)` }],
      mark: { type: 'rule', strokeWidth: 1.6, opacity: 0.9, clip: true },
      encoding: { ...line, y: { ...y, field: `${field}_low` }, y2: { field: `${field}_high` } },
    },
  ];
}

/** Draws a dashed horizontal line at a value, with a label above its left end if there is one. */
export function drawReference(value: number, label?: string): readonly object[] {
  const y = { datum: value, type: 'quantitative' };
  // One line, not one for each row of the figure's data.
  const data = { values: [{}] };
  const rule = {
    data,
    mark: { type: 'rule', strokeDash: [6, 4], color: AID_COLOR },
    encoding: { y },
  };
  if (label === undefined) return [rule];
  return [
    rule,
    {
      data,
      mark: {
        type: 'text',
        text: label,
        align: 'left',
        baseline: 'bottom',
        dy: -4,
        color: AID_COLOR,
        fontSize: NOTE_SIZE,
      },
      encoding: { y, x: { datum: 0, type: 'quantitative' } },
    },
  ];
}

function encodeLevels(rows: readonly CorruptionRow[], title: string): object {
  const levels = [...new Set(rows.map(({ p }) => p))].sort((a, b) => a - b);
  const labelled = levels.length > MOST_LABELS ? levels.filter((_, i) => i % 2 === 0) : levels;
  return {
    field: 'place',
    type: 'quantitative',
    title,
    axis: { values: labelled, format: '~g' },
    scale: { domain: [0, 1], nice: false, padding: 10 },
  };
}

function encodeModel(
  rows: readonly CorruptionRow[],
  style: keyof ModelStyle,
  legendWidth: number,
): object {
  const models = orderModels(rows.map(({ model }) => model));
  return {
    field: 'model',
    type: 'nominal',
    scale: { domain: models, range: styleModels(models).map((model) => model[style]) },
    legend: { columns: fitColumns(models, legendWidth) },
  };
}

function encodeQuantity<Row>(quantity: Quantity<Row>): object {
  const { field, title, axisFormat, domain, ticks } = quantity;
  const zero =
    ticks !== undefined ? { type: 'log', nice: false, padding: 12 } : { zero: true, nice: Y_TICKS };
  return {
    field,
    type: 'quantitative',
    title,
    axis: {
      grid: true,
      ...(axisFormat === undefined ? {} : { format: axisFormat }),
      ...(ticks === undefined ? {} : { values: ticks, format: '~r' }),
    },
    scale: domain === undefined ? zero : { domain, nice: false, zero: false },
  };
}

function describeMark<Row>({ field, title, format }: Quantity<Row>): readonly object[] {
  return [
    { field: 'experiment' },
    { field: 'p' },
    { field, type: 'quantitative', title, format },
    { field: 'reached', title: 'threshold reached' },
    { field: 'n', title: 'runs' },
  ];
}
