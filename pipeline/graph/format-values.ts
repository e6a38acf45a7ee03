/** A parameter's value → the words that stand for it in a command. */

import type { Json } from '../contract/values.ts';
import { applyFilters, type Piece } from './interpolate.ts';

/** The words that a value is in a command: one, or one for each item of a list that is not dumped. */
export function formatValues(
  filters: Extract<Piece, { kind: 'variable' }>['filters'],
  value: Json,
): string[] {
  const isSplit = Array.isArray(value) && !filters.some(({ name }) => name === 'dump');
  return (isSplit ? (value as Json[]) : [value]).map((item) => {
    const filtered = applyFilters(filters, item);
    return typeof filtered === 'string' ? filtered : JSON.stringify(filtered);
  });
}
