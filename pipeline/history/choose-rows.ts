/** `--where` and `--sort`: which rows of a table there are, and in which order. */

import type { Json } from '../contract/values.ts';
import { type Diagnostic, locateArgument, type Result } from '../pipeline-file/diagnostic.ts';
import type { CellRow } from './cells.ts';
import { type Column, findColumn } from './columns.ts';
import { compareNames } from './compare-names.ts';

const CONDITION = /^\s*([^<>=!]+?)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*$/;

type Operator = '<=' | '>=' | '!=' | '=' | '<' | '>';

/**
 * The rows for which all conditions hold, sorted.
 *
 * @param where conditions such as `lr>=0.1` and `model=MLP1`
 * @param sort names of columns; one with a `-` before it falls. Rows without a value come last
 */
export function chooseRows(
  rows: readonly CellRow[],
  columns: readonly Column[],
  where: readonly string[],
  sort: readonly string[],
): Result<readonly CellRow[]> {
  const diagnostics: Diagnostic[] = [];
  const take = <T>(result: Result<T>): T[] => {
    if (result.ok) return [result.value];
    diagnostics.push(...result.diagnostics);
    return [];
  };
  const conditions = where.flatMap((text) => take(readCondition(text, columns)));
  const keys = sort.flatMap((text) => {
    const name = text.replace(/^-/, '');
    const sign = text.startsWith('-') ? -1 : 1;
    return take(findColumn(name, columns, `--sort ${text}`)).map((column) => ({ column, sign }));
  });
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const chosen = rows.filter((row) => conditions.every((holds) => holds(row)));
  chosen.sort((a, b) => {
    for (const { column, sign } of keys) {
      const order = compareValuesOf(column.read(a), column.read(b), sign);
      if (order !== 0) return order;
    }
    return 0;
  });
  return { ok: true, value: chosen };
}

function readCondition(
  text: string,
  columns: readonly Column[],
): Result<(row: CellRow) => boolean> {
  const argument = `--where ${text}`;
  const [, name, operator, value = ''] = CONDITION.exec(text) ?? [];
  if (name === undefined) {
    const expected = 'a name, one of = != < <= > >=, and a value, such as lr>=0.1 or model=MLP1';
    const message = `"${text}" is no condition`;
    const location = locateArgument(argument);
    return { ok: false, diagnostics: [{ code: 'bad-argument', message, location, expected }] };
  }
  const column = findColumn(name, columns, argument);
  if (!column.ok) return column;
  const { read } = column.value;
  return { ok: true, value: (row) => holds(read(row), operator as Operator, value) };
}

/** Numbers are compared as such; anything else is equal to its text or not. No value is other than any. */
function holds(found: Json | undefined, operator: Operator, value: string): boolean {
  const number = value === '' ? Number.NaN : Number(value);
  const areNumbers = typeof found === 'number' && !Number.isNaN(number);
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  const isEqual = areNumbers ? found === number : text === value;
  switch (operator) {
    case '=':
      return isEqual;
    case '!=':
      return !isEqual;
    case '<':
      return areNumbers && found < number;
    case '<=':
      return areNumbers && found <= number;
    case '>':
      return areNumbers && found > number;
    case '>=':
      return areNumbers && found >= number;
  }
}

function compareValuesOf(a: Json | undefined, b: Json | undefined, sign: number): number {
  const isMissing = (value: Json | undefined) => value === undefined || value === null;
  if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  const [left, right] = [a, b].map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return sign * compareNames(left ?? '', right ?? '');
}
