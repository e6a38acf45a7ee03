/** Which rows a claim is about. */

import type { Condition, FieldValue, Limit, Where } from './claim.ts';

/** What is recorded of one experiment, by field. */
export interface Row {
  readonly experiment: string;
  readonly [field: string]: FieldValue | readonly number[];
}

/** Whether a row meets all conditions; a field that it lacks meets none. */
export function matches(row: Row, where: Where): boolean {
  return Object.entries(where).every(([field, condition]) => meets(row, row[field], condition));
}

/**
 * Whether an experiment of which only some fields are known could meet the conditions, once the
 * others are.
 *
 * @param fields all that it will have; where absent, it may have any
 */
export function mayMatch(
  known: Readonly<Record<string, FieldValue>>,
  where: Where,
  fields?: readonly string[],
): boolean {
  return Object.entries(where).every(([field, condition]) => {
    if (known[field] === undefined) return fields === undefined || fields.includes(field);
    return (
      needsOtherFields(condition) || meets({ experiment: '', ...known }, known[field], condition)
    );
  });
}

/** Groups rows by the values of fields, in the order in which each group first appears. */
export function groupRows(
  rows: readonly Row[],
  by: readonly string[],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = by.map((field) => nameValue(field, row[field])).join(' ');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return groups;
}

/** A model speaks for itself, a bare number does not. */
function nameValue(field: string, value: Row[string] | undefined): string {
  return typeof value === 'string' ? value : `${field}=${value ?? 'none'}`;
}

/** A list, which no condition is about, meets none. */
function meets(row: Row, value: Row[string] | undefined, condition: Condition): boolean {
  if (value === undefined || isList(value)) return false;
  if (condition === null || typeof condition !== 'object') return value === condition;
  if (isList(condition)) return condition.includes(value);
  if (typeof value !== 'number') return false;
  const limit = (one: Limit | undefined): number | undefined => {
    const found = typeof one === 'object' ? row[one.field] : one;
    return found === undefined || typeof found === 'number' ? found : Number.NaN;
  };
  const { above, at_least, below, at_most } = condition;
  return (
    (above === undefined || value > (limit(above) ?? Number.NaN)) &&
    (at_least === undefined || value >= (limit(at_least) ?? Number.NaN)) &&
    (below === undefined || value < (limit(below) ?? Number.NaN)) &&
    (at_most === undefined || value <= (limit(at_most) ?? Number.NaN))
  );
}

function needsOtherFields(condition: Condition): boolean {
  return (
    condition !== null &&
    typeof condition === 'object' &&
    !isList(condition) &&
    Object.values(condition).some((limit) => typeof limit === 'object')
  );
}

function isList(value: unknown): value is readonly FieldValue[] {
  return Array.isArray(value);
}
