/** Rows of a figure → the runs that each rests on. */

import type { FigureRun } from '../contract/figure.ts';
import type { JsonObject } from '../contract/values.ts';
import type { FigureFile } from './read-figure.ts';

/** One row of a figure's data, with the runs behind it. */
export interface Mark {
  /** Its place in the data, from 1. */
  readonly row: number;
  readonly values: JsonObject | null;
  readonly runs: readonly string[];
  /** The figure says which runs these are, or that there are none. */
  readonly explained: boolean;
}

/**
 * Maps each row of a figure to the runs behind it: by the stretches of its provenance, and where a table
 * has other rows than are drawn, by the runs that its rows name.
 */
export function mapMarks({ provenance, rows, isTable }: FigureFile): Mark[] {
  const { runs, fields, without = [] } = provenance;
  const byRow = listRunsByRow(runs);
  const runless = new Set(spread(without));
  const drawn = Math.max(listRows(runs).at(-1) ?? 0, without.at(-1)?.[1] ?? 0);
  if (rows !== null && isTable && rows.length !== drawn) {
    const known = new Set(runs.map(({ run }) => run));
    return rows.map((values, i) => {
      const named = fields
        .flatMap((field) => String(values[field] ?? '').split(/[\s;]+/))
        .filter((name) => known.has(name));
      return { row: i + 1, values, runs: named, explained: named.length > 0 };
    });
  }
  return Array.from({ length: rows?.length ?? drawn }, (_, i) => {
    const row = i + 1;
    const named = [...(byRow.get(row) ?? [])];
    const explained = named.length > 0 || runless.has(row);
    return { row, values: rows?.[i] ?? null, runs: named, explained };
  });
}

function listRunsByRow(runs: readonly FigureRun[]): Map<number, Set<string>> {
  const byRow = new Map<number, Set<string>>();
  for (const { run, rows } of runs) {
    for (const row of spread(rows)) {
      const names = byRow.get(row) ?? new Set();
      byRow.set(row, names.add(run));
    }
  }
  return byRow;
}

function* spread(stretches: FigureRun['rows']): Generator<number> {
  for (const [first, last] of stretches) for (let row = first; row <= last; row++) yield row;
}

/** The rows that rest on any of some runs, in order. */
export function listRows(runs: readonly FigureRun[]): number[] {
  return [...listRunsByRow(runs).keys()].sort((a, b) => a - b);
}

/** Rows as text: `1-3, 7`. */
export function formatRows(rows: readonly number[]): string {
  const stretches: [number, number][] = [];
  for (const row of rows) {
    const last = stretches.at(-1);
    if (last !== undefined && last[1] === row - 1) last[1] = row;
    else stretches.push([row, row]);
  }
  return stretches.map(([a, b]) => (a === b ? String(a) : `${a}-${b}`)).join(', ');
}
