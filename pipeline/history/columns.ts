/** The columns of a table of cells: which there are, which are shown, what a name stands for. */

import type { Json } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import {
  type Diagnostic,
  locateArgument,
  type Result,
  suggest,
} from '../pipeline-file/diagnostic.ts';
import type { CellRow } from './cells.ts';

/** One property of cells. */
export interface Column {
  readonly kind: 'name' | 'axis' | 'param' | 'metric';
  readonly name: string;
  /** Undefined where a row has none. */
  readonly read: (row: CellRow) => Json | undefined;
  /** The same in what is compared with; of a metric alone. */
  readonly readThere?: (row: CellRow) => Json | undefined;
}

/** How the column of the names of rows is called. */
const NAME_COLUMN = 'cell';

/** All columns of rows: the name, axes, parameters, metrics, each in the order in which rows have them. */
export function listColumns(rows: readonly CellRow[]): readonly Column[] {
  const names = (valuesOf: (row: CellRow) => object | null) =>
    new Set(rows.flatMap((row) => Object.keys(valuesOf(row) ?? {})));
  return [
    { kind: 'name', name: NAME_COLUMN, read: ({ name }) => name },
    ...[...names(({ axes }) => axes)].map(
      (name): Column => ({ kind: 'axis', name, read: ({ axes }) => axes[name] }),
    ),
    ...[...names(({ params }) => params)].map(
      (name): Column => ({ kind: 'param', name, read: ({ params }) => params[name] }),
    ),
    ...[...names(({ metrics, there }) => ({ ...there, ...metrics }))].map(
      (name): Column => ({
        kind: 'metric',
        name,
        read: ({ metrics }) => metrics?.[name],
        readThere: ({ there }) => there?.[name],
      }),
    ),
  ];
}

/**
 * The columns that are shown where none are asked for: the name, all metrics, and of axes and parameters
 * those that differ; not parameters that say what an axis or the name says already.
 */
export function chooseColumns(
  columns: readonly Column[],
  rows: readonly CellRow[],
): readonly Column[] {
  const texts = (column: Column) => rows.map((row) => stringifyCanonical(column.read(row) ?? null));
  const varies = (column: Column) => rows.length < 2 || new Set(texts(column)).size > 1;
  const axes = columns.filter((column) => column.kind === 'axis' && varies(column));
  const said = new Set([...axes, ...columns.slice(0, 1)].map((column) => texts(column).join()));
  const isShown = (column: Column) => {
    switch (column.kind) {
      case 'axis':
        return axes.includes(column);
      case 'param':
        return rows.length > 1 && varies(column) && !said.has(texts(column).join());
      default:
        return true;
    }
  };
  return columns.filter(isShown);
}

/**
 * The column that a name stands for: its own, or the end of it behind a dot where no other ends so.
 *
 * @param argument what the name was given for, such as `--sort lr`
 */
export function findColumn(
  name: string,
  columns: readonly Column[],
  argument: string,
): Result<Column> {
  const order = ['name', 'axis', 'metric', 'param'] as const;
  for (const kind of order) {
    const exact = columns.find((column) => column.kind === kind && column.name === name);
    if (exact !== undefined) return { ok: true, value: exact };
  }
  const ending = columns.filter((column) => column.name.endsWith(`.${name}`));
  const [column] = ending;
  if (column !== undefined && ending.length === 1) return { ok: true, value: column };
  const names = columns.map((one) => one.name);
  const message =
    ending.length > 1
      ? `"${name}" is the end of several columns: ${ending.map((one) => one.name).join(', ')}`
      : `no cell has "${name}"`;
  const diagnostic: Diagnostic = {
    code: 'bad-argument',
    message,
    location: locateArgument(argument),
    expected: `one of ${names.join(', ')}`,
    ...(ending.length > 1 ? {} : suggest(name, names)),
  };
  return { ok: false, diagnostics: [diagnostic] };
}
