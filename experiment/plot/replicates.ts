/** Rows of runs that differ in their seed alone, and the means over them. */

import { summarizeValues } from './interval.ts';

/** What a row must say of the run, or runs, behind it. */
export interface RunRow {
  readonly statistic: 'run' | 'mean';
  /** Null for a mean. */
  readonly seed: number | null;
  /** Number of runs behind the row. */
  readonly n: number;
  /** The name of the run, or what a mean is of. */
  readonly experiment: string;
  /** The names of the runs behind a mean; absent for a single one. */
  readonly runs?: readonly string[];
}

/** Ends of the 95 % interval of a mean; null for a single run. */
export type Bounds<Field extends string> = Readonly<
  Record<`${Field}_low` | `${Field}_high`, number | null>
>;

/** The statistic that is drawn strongly: means where there are several seeds, else the runs. */
export function mainStatistic(rows: readonly RunRow[]): RunRow['statistic'] {
  return rows.some(({ statistic }) => statistic === 'mean') ? 'mean' : 'run';
}

/**
 * Appends to rows of runs, where these have more than one seed, a row with the mean of each field
 * over all rows of the same key. Values that are null are left out; without any the mean is null.
 */
export function addMeans<
  Field extends string,
  Row extends RunRow & Readonly<Record<Field, number | null>>,
>(
  rows: readonly Row[],
  fields: readonly Field[],
  keyOf: (row: Row) => string,
): readonly (Row & Bounds<Field>)[] {
  const none = boundsOf<Field>(fields, () => null);
  const runs = rows.map((row) => ({ ...row, ...none }));
  if (new Set(rows.map(({ seed }) => seed)).size < 2) return runs;
  return [...runs, ...averageRows(rows, fields, keyOf)];
}

/** The means alone that {@link addMeans} appends. */
export function averageRows<
  Field extends string,
  Row extends RunRow & Readonly<Record<Field, number | null>>,
>(
  rows: readonly Row[],
  fields: readonly Field[],
  keyOf: (row: Row) => string | number,
): readonly (Row & Bounds<Field>)[] {
  return groupBy(rows, keyOf).map((group) => meanOf(group, fields));
}

/** Groups rows of equal keys, in the order in which the keys first come. */
export function groupBy<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string | number,
): readonly Row[][] {
  const groups = new Map<string | number, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function meanOf<Field extends string, Row extends RunRow & Readonly<Record<Field, number | null>>>(
  group: readonly Row[],
  fields: readonly Field[],
): Row & Bounds<Field> {
  const summaries = new Map(
    fields.map((field) => {
      const values = group.flatMap((row) => (row[field] === null ? [] : [Number(row[field])]));
      return [field, values.length === 0 ? null : summarizeValues(values)];
    }),
  );
  const means = Object.fromEntries(
    fields.map((field) => [field, summaries.get(field)?.mean ?? null]),
  );
  return {
    ...(group[0] as Row),
    ...means,
    ...boundsOf<Field>(fields, (field, end) => summaries.get(field)?.[end] ?? null),
    statistic: 'mean',
    seed: null,
    n: group.length,
    experiment: `mean of ${group.length} runs`,
    runs: group.map(({ experiment }) => experiment),
  };
}

function boundsOf<Field extends string>(
  fields: readonly Field[],
  read: (field: Field, end: 'low' | 'high') => number | null,
): Bounds<Field> {
  return Object.fromEntries(
    fields.flatMap((field) => [
      [`${field}_low`, read(field, 'low')],
      [`${field}_high`, read(field, 'high')],
    ]),
  ) as Bounds<Field>;
}

/** Says how several seeds are drawn; nothing where there is one. */
export function describeMeans(rows: readonly RunRow[], interval: 'bars' | 'bands'): string[] {
  if (mainStatistic(rows) === 'run') return [];
  const counts = [...new Set(rows.filter((row) => row.statistic === 'mean').map(({ n }) => n))];
  const n = counts.sort((a, b) => a - b).join(' or ');
  return [
    `Strong: mean of n = ${n} runs; ${interval}: its 95% interval (Student's t); faint: runs.`,
  ];
}
