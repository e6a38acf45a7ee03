/** The order of the rows of a table. */

/** Which way a column is sorted. */
export type Direction = 'ascending' | 'descending';

/**
 * Compares two cells. Numbers are compared as such; what is missing comes last, whichever the
 * direction.
 */
export function compareCells(
  a: string,
  b: string,
  isNumber: boolean,
  direction: Direction,
): number {
  if (a === '' || b === '') return Number(a === '') - Number(b === '');
  const order = isNumber
    ? Number(a) - Number(b)
    : a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' });
  return direction === 'ascending' ? order : -order;
}
