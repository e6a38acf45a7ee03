/** A table of cells: for people, for programs, as CSV and as Markdown. */

import type { Json } from '../../contract/values.ts';
import type { CellRow } from '../../history/cells.ts';
import { cleanLine } from '../../progress/text.ts';
import { countOf } from '../../progress/units.ts';
import type { CellTable } from '../../session/compare-cells.ts';
import { setInColumns, splitColumns } from './print-table.ts';

/** Digits of a number in a table for people. */
const DIGITS = 4;
const NO_RESULT = 'no result';
const THEN = 'then';
const CHANGE = 'change';

/** A column as it is set: of a metric that is compared, there are three. */
interface SetColumn {
  readonly head: string;
  /** Its own, where the columns beside it do not tell what it is of. */
  readonly label: string;
  readonly isRight: boolean;
  readonly read: (row: CellRow) => Json | undefined;
  readonly word: (row: CellRow) => string;
}

/**
 * A table for people, its numbers rounded. Where it is too wide its columns go on below, the names of
 * the cells before them again: none is left out.
 *
 * @param width cells of the terminal; null where there is none
 */
export function formatCells(table: CellTable, width: number | null): string {
  if (table.rows.length === 0) return wordNothing(table);
  const columns = listSetColumns(table);
  const cells = [
    columns.map(({ head }) => cleanLine(head)),
    ...table.rows.map((row) => columns.map(({ word }) => word(row))),
  ];
  const parts =
    width === null ? [[...columns.keys()]] : splitColumns(cells, groupColumns(columns), width);
  const blocks = parts.map((part) => {
    const right = part.flatMap((column, i) => (columns[column]?.isRight === true ? [i] : []));
    const rows = cells.map((row) => part.map((column) => row[column] ?? ''));
    return setInColumns(rows, right)
      .map((line) => line.trimEnd())
      .join('\n');
  });
  return [...blocks, wordRest(table)].filter((text) => text !== '').join('\n\n');
}

/** A table as Markdown, its numbers rounded. */
export function formatCellsMarkdown(table: CellTable): string {
  const columns = listSetColumns(table);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(columns.map(({ label }) => cleanLine(label))),
    `|${columns.map(({ isRight }) => (isRight ? '--:' : ':--')).join('|')}|`,
    ...table.rows.map((row) => line(columns.map(({ word }) => word(row)))),
  ].join('\n');
}

/** A table as CSV, with all digits. */
export function formatCellsCsv(table: CellTable): string {
  const columns = listSetColumns(table);
  const quote = (text: string) =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const value = (read: Json | undefined) =>
    read === undefined || read === null
      ? ''
      : typeof read === 'string'
        ? read
        : JSON.stringify(read);
  return [
    columns.map(({ label }) => quote(label)).join(','),
    ...table.rows.map((row) => columns.map(({ read }) => quote(value(read(row)))).join(',')),
  ].join('\n');
}

/** A table for programs: all of each row, whatever its columns are. */
export function describeCells({ rows, other }: CellTable) {
  return rows.map(({ name, nodes, axes, params, metrics, there }) => ({
    cell: name,
    nodes,
    axes,
    params,
    metrics,
    ...(other === null ? {} : { with: there }),
  }));
}

function listSetColumns({ rows, columns, other }: CellTable): readonly SetColumn[] {
  const firstMetric = columns.find(({ kind }) => kind === 'metric');
  return columns.flatMap((column): SetColumn[] => {
    const { name, read, readThere, kind } = column;
    const isRight = rows.some((row) => typeof (read(row) ?? readThere?.(row)) === 'number');
    const wordSide = (value: Json | undefined, side: CellRow['metrics']) =>
      side === null && column === firstMetric ? NO_RESULT : wordCell(value);
    const own: SetColumn = {
      head: name,
      label: name,
      isRight,
      read,
      word: (row) => (kind === 'metric' ? wordSide(read(row), row.metrics) : wordCell(read(row))),
    };
    if (kind !== 'metric' || other === null || readThere === undefined) return [own];
    const change = (row: CellRow) => subtract(read(row), readThere(row));
    return [
      own,
      {
        head: THEN,
        label: `${name} ${THEN}`,
        isRight,
        read: readThere,
        word: (row) => wordSide(readThere(row), row.there),
      },
      {
        head: CHANGE,
        label: `${name} ${CHANGE}`,
        isRight: true,
        read: (row) => change(row) ?? undefined,
        word: (row) => wordChange(change(row)),
      },
    ];
  });
}

/** Places of columns that belong together: of a metric that is compared, all three. */
function groupColumns(columns: readonly SetColumn[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (const [place, { head, label }] of columns.entries()) {
    if (head === label) groups.push([place]);
    else groups.at(-1)?.push(place);
  }
  return groups;
}

/** A change with its sign, `=` for none. */
export function wordChange(change: number | null): string {
  if (change === null) return '';
  if (change === 0) return '=';
  return change > 0 ? `+${wordNumber(change)}` : wordNumber(change);
}

function subtract(a: Json | undefined, b: Json | undefined): number | null {
  return typeof a === 'number' && typeof b === 'number' ? a - b : null;
}

/** A value in a table for people; empty for none. */
export function wordCell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return wordNumber(value);
  return cleanLine(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A number with few digits: `0.1234`, `1234`, `1.234e-7`. */
function wordNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(DIGITS)));
}

function wordNothing({ columns }: CellTable): string {
  return columns.some(({ kind }) => kind === 'metric')
    ? 'no cell is like that'
    : 'none of these nodes has a result with metrics: stages give them as their summary, or by an output with metrics: true';
}

function wordRest({ rows, alike, other }: CellTable): string {
  const missing = rows.filter(({ metrics }) => metrics === null).length;
  return [
    ...(other === null ? [] : [`${THEN}: ${other}`]),
    ...(missing === 0
      ? []
      : [`${countOf(missing, 'cell')} without a result: pipeline run makes them`]),
    ...(alike.length === 0 ? [] : [`the same in all rows, see --columns: ${alike.join(', ')}`]),
  ].join('\n');
}
