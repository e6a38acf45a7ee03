/** Tables for people, in a font of one width. */

/**
 * Sets rows in columns two spaces apart, numbers flush right.
 *
 * @param firstNumber the column from which on the cells are numbers
 */
export function alignColumns(rows: readonly (readonly string[])[], firstNumber: number): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < firstNumber ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
