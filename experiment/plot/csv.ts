/** Writes the rows behind a figure as CSV (RFC 4180, but with LF at the end of a line). */

import { open } from 'node:fs/promises';

/** A value of a row; null is an empty cell. Numbers are written so that they parse back equal. */
export type CsvValue = string | number | boolean | null;

/** The lines gathered before a write: few enough to keep memory small, enough to be fast. */
const LINES_A_WRITE = 10_000;

/** Writes a header and one line a row, with the columns in this order. */
export async function writeCsv<Column extends string>(
  path: string,
  columns: readonly Column[],
  rows: Iterable<Readonly<Record<Column, CsvValue>>>,
): Promise<void> {
  const file = await open(path, 'w');
  try {
    let lines = [columns.map(formatCell).join(',')];
    for (const row of rows) {
      lines.push(columns.map((column) => formatCell(row[column])).join(','));
      if (lines.length < LINES_A_WRITE) continue;
      await file.write(`${lines.join('\n')}\n`);
      lines = [];
    }
    if (lines.length > 0) await file.write(`${lines.join('\n')}\n`);
  } finally {
    await file.close();
  }
}

function formatCell(cell: CsvValue): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
