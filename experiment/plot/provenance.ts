/**
 * Where a figure comes from: the results behind it, and which rows of its data, and so which marks,
 * each of them stands behind. Every file of the figure but the CSV carries this; it holds no date and
 * no place, so that the same results make the same bytes.
 */

import { createHash } from 'node:crypto';
import type { FigureProvenance, FigureRun, StageContext } from 'rederive/contract';

/** The fields of a row that name the runs behind it: one, or the several that it is a mean of. */
const FIELDS = ['experiment', 'run', 'runs'] as const;

/** A row of a figure's data. */
export type NamedRow = { readonly [field in (typeof FIELDS)[number]]?: unknown };

/** Tells which of a stage's inputs stand behind which rows of its figure. */
export function tellProvenance(
  { node, inputs }: Pick<StageContext, 'node' | 'inputs'>,
  rows: readonly NamedRow[],
): FigureProvenance {
  const places = findPlaces(rows);
  const runs = Object.entries(inputs).flatMap(([input, sources]) =>
    sources.flatMap(({ node: maker, fingerprint, sha256 }): FigureRun[] => {
      if (maker === undefined || fingerprint === undefined) return [];
      const run = maker.slice(maker.indexOf('/') + 1);
      const stretches = places.get(run) ?? [];
      return [{ run, input, node: maker, fingerprint, sha256: sha256 ?? null, rows: stretches }];
    }),
  );
  const without = listStretches(rows, restsOnNone);
  return {
    schema: 1,
    node,
    fields: FIELDS,
    runs: runs.sort(compareRuns),
    ...(without.length === 0 ? {} : { without }),
  };
}

/**
 * A short name for exactly these results, for people to compare: the same under two figures made from
 * the same. Null where the pipeline file asks for no provenance.
 */
export function nameResults({ runs }: FigureProvenance): string | null {
  if (runs.length === 0) return null;
  const fingerprints = [...new Set(runs.map(({ fingerprint }) => fingerprint))].sort();
  return createHash('sha256').update(fingerprints.join('\n')).digest('hex').slice(0, 8);
}

/** In the order of the rows, so that the order of the inputs leaves no trace. */
function compareRuns(a: FigureRun, b: FigureRun): number {
  const rank = ({ rows }: FigureRun) => rows[0]?.[0] ?? Number.MAX_SAFE_INTEGER;
  const key = ({ node, input }: FigureRun) => `${node} ${input}`;
  return rank(a) - rank(b) || (key(a) < key(b) ? -1 : 1);
}

/** Where each run's rows are. */
function findPlaces(rows: readonly NamedRow[]): Map<string, Stretch[]> {
  const places = new Map<string, Stretch[]>();
  for (const [index, row] of rows.entries()) {
    for (const run of new Set(nameRuns(row))) {
      const stretches = places.get(run) ?? [];
      places.set(run, stretches);
      addRow(stretches, index + 1);
    }
  }
  return places;
}

type Stretch = [first: number, last: number];

function listStretches(
  rows: readonly NamedRow[],
  belongs: (row: NamedRow) => boolean,
): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const [index, row] of rows.entries()) if (belongs(row)) addRow(stretches, index + 1);
  return stretches;
}

/** Adds a row behind all others. */
function addRow(stretches: Stretch[], row: number): void {
  const last = stretches.at(-1);
  if (last?.[1] === row - 1) last[1] = row;
  else stretches.push([row, row]);
}

function nameRuns(row: NamedRow): string[] {
  return FIELDS.flatMap((field) => row[field]).filter((name) => typeof name === 'string');
}

/** An empty list of runs is a statement; a row that says nothing may have been forgotten. */
function restsOnNone(row: NamedRow): boolean {
  return Array.isArray(row.runs) && row.runs.length === 0 && nameRuns(row).length === 0;
}
