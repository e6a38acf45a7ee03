/** Which runs the brushes of a figure take in. */

/** An entry of a selection's store: ranges of fields, as Vega-Lite keeps them. */
export interface BrushTuple {
  /** The panel that was brushed; of a facet its name ends with the facet's value. */
  readonly unit?: string;
  readonly fields: readonly { readonly field: string }[];
  readonly values: readonly (readonly [number, number])[];
}

/** What decides, beside a brush, which rows of a figure are drawn where. */
export interface Drawn {
  /** The field that gives each row its panel; null where there is one panel. */
  readonly facet: string | null;
  /** The legend's field; null where there is no legend. */
  readonly legend: string | null;
  /** Values of the legend that are not drawn. */
  readonly hidden: ReadonlySet<unknown>;
}

type Row = { readonly [field: string]: unknown };

/**
 * Names the runs of the rows that are drawn within all ranges, each once; null where nothing is
 * brushed.
 */
export function findBrushed(
  rows: readonly Row[],
  tuples: readonly BrushTuple[],
  { facet, legend, hidden }: Drawn,
): readonly string[] | null {
  if (tuples.length === 0) return null;
  const isDrawn = (row: Row) => legend === null || !hidden.has(row[legend]);
  const runs = rows
    .filter((row) => isDrawn(row) && tuples.every((tuple) => takesIn(tuple, row, facet)))
    .flatMap(({ experiment }) => (typeof experiment === 'string' ? [experiment] : []));
  return [...new Set(runs)];
}

function takesIn({ unit, fields, values }: BrushTuple, row: Row, facet: string | null): boolean {
  if (facet !== null && unit !== undefined && !unit.endsWith(`__facet_facet_${row[facet]}`)) {
    return false;
  }
  return fields.every(({ field }, i) => {
    const [one, other] = values[i] ?? [Number.NaN, Number.NaN];
    const value = row[field];
    return (
      typeof value === 'number' && value >= Math.min(one, other) && value <= Math.max(one, other)
    );
  });
}
