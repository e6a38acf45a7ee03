/** The layers that curves are drawn in: runs, or means over seeds with a band and faint runs. */

import type { Medium } from './figure.ts';
import type { RunRow } from './replicates.ts';

/** What a curve shows, as a field of the rows. */
export interface Curve {
  readonly field: string;
  /** What a tooltip shows. */
  readonly tooltip: readonly object[];
}

/**
 * Draws a curve of each run, or of each mean where `main` says so, over the band of its 95 % interval
 * and the runs behind it. The shared encoding gives x, colour and a detail for each run.
 *
 * @param strokeDash a channel that dashes the strong curves; none where all are solid
 */
export function layerCurves(
  main: RunRow['statistic'],
  { field, tooltip }: Curve,
  strokeDash: object = {},
): readonly object[] {
  const y = { field, type: 'quantitative' };
  const where = (statistic: RunRow['statistic']) => ({
    filter: `datum.statistic === '${statistic}' && isValid(datum.${field})`,
  });
  const strong = {
    transform: [where(main)],
    mark: { type: 'line', strokeWidth: 1.8, strokeJoin: 'round', clip: true },
    encoding: { y, tooltip, ...strokeDash },
  };
  if (main === 'run') return [strong];
  return [
    {
      transform: [where('mean'), { filter: `isValid(datum.${field}_low)` }],
      mark: { type: 'area', opacity: 0.18, line: false, clip: true },
      encoding: { y: { ...y, field: `${field}_low` }, y2: { field: `${field}_high` } },
    },
    {
      transform: [where('run')],
      mark: { type: 'line', strokeWidth: 0.8, opacity: 0.3, clip: true },
      encoding: { y },
    },
    strong,
  ];
}

/**
 * A dot on a curve at each row that passes a filter.
 *
 * @param size area in square pixels, or the field of the rows that has it
 */
export function layerDots(
  filter: string,
  { field, tooltip }: Curve,
  size: number | string = DOT_SIZE,
): object {
  return {
    transform: [{ filter }],
    mark: { type: 'point', filled: true, stroke: 'white', strokeWidth: 1, opacity: 1 },
    encoding: {
      y: { field, type: 'quantitative' },
      // The largest first, so that smaller ones are seen on them.
      ...(typeof size === 'number' ? {} : { order: { field: size, sort: 'descending' } }),
      size:
        typeof size === 'number'
          ? { value: size }
          : { field: size, type: 'quantitative', scale: null },
      tooltip,
    },
  };
}

/** Area of a dot, in square pixels. */
export const DOT_SIZE = 46;

/** A panel for each model, in rows of so many columns, each with its own x axis and reach of x. */
export function facetModels(
  models: readonly string[],
  { columns, width, height }: PanelArrangement,
  panel: { readonly encoding: object; readonly layer: readonly object[] },
): object {
  return {
    facet: { field: 'model', type: 'nominal', sort: models, header: { title: null } },
    columns,
    spacing: { row: 28, column: 30 },
    spec: { width, height, ...panel },
    resolve: { scale: { x: 'independent' } },
  };
}

/** Keeps of the means those over all runs of their curve: others are of the last runs still going. */
export function dropPartialMeans<Row extends RunRow>(
  rows: readonly Row[],
  curveOf: (row: Row) => string,
): readonly Row[] {
  const most = new Map<string, number>();
  for (const row of rows) {
    most.set(curveOf(row), Math.max(row.n, most.get(curveOf(row)) ?? 0));
  }
  return rows.filter((row) => row.statistic === 'run' || row.n === most.get(curveOf(row)));
}

/** How many panels stand side by side, and how large each is, in pixels. */
export interface PanelArrangement {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

/** Widths of panels, one to three beside each other, in pixels. */
const PANEL_WIDTHS: Readonly<Record<Medium, readonly [number, number, number]>> = {
  page: [480, 330, 235],
  paper: [310, 240, 170],
};

/** Arranges so many panels. */
export function arrangePanels(panels: number, medium: Medium): PanelArrangement {
  const columns = panels <= 2 ? panels : panels === 4 ? 2 : 3;
  const width = PANEL_WIDTHS[medium][columns - 1] ?? 0;
  const height = Math.round(width * (columns === 3 ? 0.75 : columns === 2 ? 0.7 : 0.55));
  return { columns, width, height };
}

/** Room that the axis of a panel takes, and the gap to the next, in pixels. */
const PANEL_MARGIN = 50;

/** About how wide panels in an arrangement are together, in pixels. */
export function widthOfPanels({ columns, width }: PanelArrangement): number {
  return columns * (width + PANEL_MARGIN);
}
