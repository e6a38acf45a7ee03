/** Which runs the brushes of a figure take in. */

/** An entry of a selection's store: ranges of fields, as Vega-Lite keeps them. */
export interface BrushTuple {
  readonly fields: readonly { readonly field: string }[];
  readonly values: readonly (readonly [number, number])[];
}

/** Names the runs of the rows within all ranges, each once; null where nothing is brushed. */
export function findBrushed(
  rows: readonly { readonly [field: string]: unknown }[],
  tuples: readonly BrushTuple[],
): readonly string[] | null {
  if (tuples.length === 0) return null;
  const runs = rows
    .filter((row) =>
      tuples.every(({ fields, values }) =>
        fields.every(({ field }, i) => {
          const [one, other] = values[i] ?? [Number.NaN, Number.NaN];
          const value = row[field];
          return (
            typeof value === 'number' &&
            value >= Math.min(one, other) &&
            value <= Math.max(one, other)
          );
        }),
      ),
    )
    .flatMap(({ experiment }) => (typeof experiment === 'string' ? [experiment] : []));
  return [...new Set(runs)];
}
