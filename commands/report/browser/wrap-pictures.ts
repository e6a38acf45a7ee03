/** Fits a table of pictures, each row of which has a label at its left, to a window that is too narrow for it. */

import { listOf, readPart, type SpecPart } from './spec-parts.ts';

/** Least distance of two pictures, in pixels. */
const GAP = 2;
/** What stands beside the pictures of a line, in pixels. */
const MARGINS = 16;
/** A table of pictures: its rows and columns are steps of ordinal fields, columns counted from 0; in a layer its pictures. */
interface PictureTable {
  readonly encoding: SpecPart;
  readonly x: SpecPart;
  readonly y: SpecPart;
  /** How wide its pictures are, in pixels. */
  readonly picture: number;
}

/** A table of pictures whose columns stand as close as they can; any other spec as it is. */
export function narrowPictures(spec: SpecPart): SpecPart {
  const table = readTable(spec);
  return table === undefined ? spec : { ...spec, width: { step: table.picture + GAP } };
}

/**
 * A table of pictures whose rows have their labels above, and go on in further lines where they are wider than `width`
 * pixels; any other spec as it is.
 */
export function wrapPictures(spec: SpecPart, width: number): SpecPart {
  const table = readTable(spec);
  if (table === undefined) return spec;
  const { x, y, encoding, picture } = table;
  const places = listOf(readPart(spec, 'data')?.['values']).map(
    (row) => (row as SpecPart)[String(x['field'])],
  );
  const count = new Set(places).size;
  const fitting = Math.max(1, Math.floor((width - MARGINS) / (picture + GAP)));
  // Lines are of one length, as far as the pictures go.
  const columns = Math.ceil(count / Math.ceil(count / fitting));
  const place = `datum[${JSON.stringify(x['field'])}]`;
  const { width: _, height, layer, encoding: __, transform, ...rest } = spec;
  return {
    ...rest,
    transform: [
      ...listOf(transform),
      { calculate: `${place} % ${columns}`, as: 'picture_column' },
      { calculate: `floor(${place} / ${columns})`, as: 'picture_line' },
    ],
    facet: {
      field: y['field'],
      type: 'ordinal',
      sort: y['sort'],
      header: { labelExpr: writeLabel(readPart(y, 'axis')), title: null },
    },
    columns: 1,
    spec: {
      width: { step: picture + GAP },
      height,
      encoding: {
        ...encoding,
        x: { field: 'picture_column', type: 'ordinal', axis: null },
        y: { field: 'picture_line', type: 'ordinal', axis: null },
      },
      layer,
    },
    resolve: { scale: { x: 'shared', y: 'shared' } },
  };
}

/** The label of a row as a heading of one line. In headings Vega-Lite puts a choice for `datum.label`, without brackets. */
function writeLabel(axis: SpecPart | undefined): string {
  const own = axis?.['labelExpr'];
  if (typeof own !== 'string') return 'datum.value';
  const label = `(${own.replaceAll('datum.label', 'datum.value')})`;
  return `isArray(${label}) ? join(${label}, ', ') : ${label}`;
}

function readTable(spec: SpecPart): PictureTable | undefined {
  const encoding = readPart(spec, 'encoding');
  const x = readPart(encoding, 'x');
  const y = readPart(encoding, 'y');
  const marks = listOf(spec['layer']).map((layer) => readPart(layer, 'mark'));
  const picture = marks.find((mark) => mark?.['type'] === 'image')?.['width'];
  const isTable = x?.['type'] === 'ordinal' && y?.['type'] === 'ordinal';
  if (encoding === undefined || !isTable || typeof picture !== 'number') return undefined;
  return { encoding, x, y, picture };
}
