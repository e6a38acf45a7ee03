/** Tables of text: columns of one width. */

import { padTo, textWidth } from '../../progress/text.ts';

const GAP = '  ';

/** Rows of cells as lines, each column as wide as its widest cell. @param right columns set to the right */
export function setInColumns(
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  const widths = measureColumns(rows);
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return right.includes(i) ? ' '.repeat(width - textWidth(cell)) + cell : padTo(cell, width);
      })
      .join(GAP),
  );
}

function measureColumns(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => textWidth(row[i] ?? ''))),
  );
}
