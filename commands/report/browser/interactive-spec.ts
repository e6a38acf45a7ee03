/** Turns a figure's Vega-Lite spec into one that can be filtered and brushed, and fits a width. */

import { findLegend } from './find-legend.ts';
import { CONTAINERS, listOf, readPart, type SpecPart } from './spec-parts.ts';

/** The Vega signal that holds the values of the legend's field which are hidden. */
export const HIDDEN = 'hidden';
/** Names of the selections that brushes make start with this. */
export const BRUSH = 'brush';
/** What axes, their titles and padding take of a chart's width, in pixels. */
const AXIS_WIDTH = 90;
/** Panels are not drawn narrower than this. */
const LEAST_WIDTH = 180;
/** Panels are drawn up to so many times wider than for a page of paper, where the window has room. */
const MOST_GROWTH = 1.4;
/** Charts do not become wider by that: printed on a page, their text would be too small. */
const MOST_WIDTH = 900;
/** Channels of an encoding that have a legend. */
const LEGEND_CHANNELS = new Set(['color', 'fill', 'stroke', 'shape', 'strokeDash']);

/** How much narrower than expected panels have to be, and how narrow they may become, in pixels. */
interface Tightening {
  readonly excess: number;
  readonly least: number;
}

/**
 * The spec as the report draws it: without title and legend, which stand beside the chart, with a
 * filter by the legend's field, a brush along x in every panel, and panels that take up to `width`, less what it was
 * too wide when it was drawn before.
 */
export function makeInteractive(
  spec: SpecPart,
  width: number,
  { excess, least }: Tightening = { excess: 0, least: LEAST_WIDTH },
): SpecPart {
  const legend = findLegend(spec);
  const {
    title: _,
    config,
    params = [],
    transform = [],
    ...rest
  } = hideLegend(spec, legend?.field);
  const filter = legend && `indexof(${HIDDEN}, datum[${JSON.stringify(legend.field)}]) < 0`;
  let brushes = 0;
  const stacked = stackPanels(rest, width);
  const growth = excess === 0 ? growthOf(stacked, width) : 1;
  const chart = mapUnits(stacked, (unit) =>
    addBrush(
      fitWidth(unit, { growth, most: width - AXIS_WIDTH - excess, least }),
      () => `${BRUSH}_${brushes++}`,
    ),
  );
  return {
    ...chart,
    config: { ...(config as SpecPart | undefined), padding: 6, background: 'transparent' },
    params: [...listOf(chart['params']), ...listOf(params), { name: HIDDEN, value: [] }],
    transform: [...(filter === null ? [] : [{ filter }]), ...listOf(transform)],
  };
}

/** Leaves out the legend of a field, whatever channel shows it: it stands beside the chart. */
function hideLegend(part: SpecPart, field: string | undefined): SpecPart {
  const changed = Object.entries(part).map(([key, value]): [string, unknown] => {
    if (key === 'encoding') {
      const channels = Object.entries(value as SpecPart).map(([channel, definition]) => [
        channel,
        field !== undefined && LEGEND_CHANNELS.has(channel) && readField(definition) === field
          ? { ...(definition as SpecPart), legend: null }
          : definition,
      ]);
      return [key, Object.fromEntries(channels)];
    }
    if (key === 'spec') return [key, hideLegend(value as SpecPart, field)];
    if (!CONTAINERS.includes(key)) return [key, value];
    return [key, listOf(value).map((inner) => hideLegend(inner as SpecPart, field))];
  });
  return Object.fromEntries(changed);
}

/** Puts panels that stand side by side below each other where they do not fit. */
function stackPanels(spec: SpecPart, width: number): SpecPart {
  const { hconcat, ...rest } = spec;
  if (Array.isArray(hconcat)) {
    const needed = hconcat.reduce((sum: number, panel) => sum + widthOf(panel) + AXIS_WIDTH, 0);
    return needed <= width ? spec : { ...rest, vconcat: hconcat };
  }
  const inner = readPart(spec, 'spec');
  if (inner !== undefined && typeof spec['columns'] === 'number') {
    const fitting = Math.max(1, Math.floor(width / (widthOf(inner) + AXIS_WIDTH)));
    return { ...spec, columns: Math.min(spec['columns'], fitting) };
  }
  return spec;
}

/** How many times wider the panels that stand side by side may become in a window. */
function growthOf(spec: SpecPart, width: number): number {
  const inner = readPart(spec, 'spec');
  const columns = typeof spec['columns'] === 'number' ? spec['columns'] : 1;
  const panels =
    inner === undefined ? listOf(spec['hconcat'] ?? [spec]) : listOf(Array(columns).fill(inner));
  const own = panels.map(widthOf).reduce((sum, one) => sum + one, 0);
  const free = Math.min(width, MOST_WIDTH) - panels.length * AXIS_WIDTH;
  return Math.min(MOST_GROWTH, Math.max(1, free / own));
}

function fitWidth(
  unit: SpecPart,
  {
    growth,
    most,
    least,
  }: { readonly growth: number; readonly most: number; readonly least: number },
): SpecPart {
  const own = unit['width'];
  if (typeof own !== 'number') return unit;
  return { ...unit, width: Math.min(Math.floor(own * growth), Math.max(least, most)) };
}

/** Lets one select an interval of x, where x is a number of the data: in one layer, for all. */
function addBrush(unit: SpecPart, makeName: () => string): SpecPart {
  const brush = () => ({
    name: makeName(),
    select: { type: 'interval', encodings: ['x'], mark: { fill: '#7f94a8', fillOpacity: 0.22 } },
  });
  const layers = unit['layer'];
  if (!Array.isArray(layers)) {
    return isQuantitative(unit['encoding'])
      ? { ...unit, params: [...listOf(unit['params']), brush()] }
      : unit;
  }
  const shared = readPart(unit, 'encoding');
  const index = layers.findLastIndex(
    (layer: SpecPart) =>
      layer['data'] === undefined && isQuantitative({ ...shared, ...readPart(layer, 'encoding') }),
  );
  const layer: SpecPart | undefined = layers[index];
  if (layer === undefined) return unit;
  const brushed = { ...layer, params: [...listOf(layer['params']), brush()] };
  return { ...unit, layer: layers.with(index, brushed) };
}

function isQuantitative(encoding: unknown): boolean {
  const x = readPart(encoding, 'x');
  return x?.['type'] === 'quantitative' && typeof x['field'] === 'string' && !('bin' in x);
}

/** Applies a function to each view that is drawn in axes of its own: a layered or a single mark. */
function mapUnits(spec: SpecPart, change: (unit: SpecPart) => SpecPart): SpecPart {
  for (const key of ['hconcat', 'vconcat', 'concat']) {
    const panels = spec[key];
    if (!Array.isArray(panels)) continue;
    return { ...spec, [key]: panels.map((panel: SpecPart) => mapUnits(panel, change)) };
  }
  const inner = readPart(spec, 'spec');
  return inner === undefined ? change(spec) : { ...spec, spec: mapUnits(inner, change) };
}

function readField(definition: unknown): unknown {
  return (definition as SpecPart | null)?.['field'];
}

function widthOf(part: unknown): number {
  const width = (part as SpecPart)['width'];
  return typeof width === 'number' ? width : LEAST_WIDTH;
}
