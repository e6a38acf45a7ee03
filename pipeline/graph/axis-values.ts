import type { Json, JsonObject } from '../job/contract.ts';
import { type Diagnostic, suggest } from '../spec/diagnostic.ts';
import type { AxisSpec, AxisValue, CellFilter } from '../spec/types.ts';
import { lookUp } from './interpolate.ts';

/** The values of an axis or filter, or what is wrong with a parameter that it names. */
export interface AxisValues {
  readonly values: readonly AxisValue[];
  readonly diagnostics: readonly Diagnostic[];
}

/** More values than this are taken for a slip. */
const MOST_VALUES = 10_000;

/**
 * Reads the values of an axis: those listed, those of a parameter, or whole numbers in a row, the
 * first of them and how many being parameters.
 *
 * @param locate gives the place of one of its keys
 */
export function readAxis(
  axis: AxisSpec | AxisValue,
  params: JsonObject,
  locate: (key: string) => Diagnostic['location'],
): AxisValues {
  if (typeof axis !== 'object') return { values: [axis], diagnostics: [] };
  if (isValueList(axis)) return { values: axis, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const read = <T extends Json>(
    key: string,
    name: string,
    is: (value: Json) => value is T,
    expected: string,
  ): T | null => {
    const value = lookUp(params, name.split('.'));
    if (value !== undefined && is(value)) return value;
    diagnostics.push({
      code: value === undefined ? 'unknown-param' : 'wrong-type',
      message:
        value === undefined
          ? `unknown parameter "${name}" as the values of an axis`
          : `the parameter "${name}" cannot be an axis: it is ${JSON.stringify(value)}`,
      location: locate(key),
      expected: `the name of a parameter that holds ${expected}`,
      ...suggest(name, Object.keys(params)),
    });
    return null;
  };
  if ('param' in axis) {
    const expected = 'a list of texts, numbers or booleans';
    const values = read('param', axis.param, isAxisList, expected) ?? [];
    return { values, diagnostics };
  }
  const first = read('from', axis.from, isWhole, 'a whole number');
  const count = read('count', axis.count, isCount, `a whole number from 1 to ${MOST_VALUES}`);
  const values =
    first === null || count === null ? [] : Array.from({ length: count }, (_, i) => first + i);
  return { values, diagnostics };
}

/** Reads the values that a filter lets pass: as an axis, but a parameter may hold a single one. */
export function readFilter(
  wanted: CellFilter[string],
  params: JsonObject,
  locate: (key: string) => Diagnostic['location'],
): AxisValues {
  if (typeof wanted === 'object' && 'param' in wanted) {
    const value = lookUp(params, wanted.param.split('.'));
    if (value !== undefined && isAxisValue(value)) return { values: [value], diagnostics: [] };
  }
  return readAxis(wanted, params, locate);
}

function isValueList(axis: AxisSpec): axis is readonly AxisValue[] {
  return Array.isArray(axis);
}

function isAxisList(value: Json): value is AxisValue[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isAxisValue(item));
}

function isAxisValue(value: Json): value is AxisValue {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isWhole(value: Json): value is number {
  return Number.isSafeInteger(value);
}

function isCount(value: Json): value is number {
  return isWhole(value) && value >= 1 && value <= MOST_VALUES;
}
