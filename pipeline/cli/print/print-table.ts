/** Tables of text: columns of one width, split where a terminal is too narrow for all of them. */

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

/**
 * The columns of a table that fit beside one another, in order: every part has the first group of columns
 * and then some of the others, at least one group; none is left out.
 *
 * @param groups places of columns that stay together
 */
export function splitColumns(
  rows: readonly (readonly string[])[],
  groups: readonly (readonly number[])[],
  width: number,
): readonly (readonly number[])[] {
  const widths = measureColumns(rows).map((one) => one + GAP.length);
  const widthOf = (group: readonly number[]) =>
    group.reduce((sum, column) => sum + (widths[column] ?? 0), 0);
  const [first = [], ...others] = groups;
  const parts: number[][] = [];
  let room = 0;
  for (const group of others) {
    const needed = widthOf(group);
    if (parts.length === 0 || needed > room) {
      parts.push([...first]);
      // The last column needs no gap behind it.
      room = width + GAP.length - widthOf(first);
    }
    parts.at(-1)?.push(...group);
    room -= needed;
  }
  return parts.length === 0 ? [first] : parts;
}

function measureColumns(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => textWidth(row[i] ?? ''))),
  );
}
