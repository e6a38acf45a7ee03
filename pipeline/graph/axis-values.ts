/** First step of a matrix: what an axis or filter lists, or takes from parameters → its values. */

import type { Json } from '../contract/values.ts';
import { type Diagnostic, suggest } from '../pipeline-file/diagnostic.ts';
import type { AxisSpec, AxisValue, CellFilter } from '../pipeline-file/types.ts';
import { lookUpVariable } from './interpolate.ts';
import type { ResolvedParams } from './params.ts';

/** The values of an axis or filter, or what is wrong with a parameter that it names. */
export interface AxisValues {
  readonly values: readonly AxisValue[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parameters, and the places where they are set. */
export type LocatedParams = Pick<ResolvedParams, 'params' | 'locate'>;

/** More values than this are taken for a slip. */
const MOST_VALUES = 10_000;

/**
 * Reads the values of an axis: those listed, those of a parameter, or whole numbers in a row, the
 * first of them and how many being parameters. A parameter may hold an empty list: an axis without
 * values.
 *
 * @param locate gives the place of one of its keys
 */
export function readAxis(
  axis: AxisSpec | AxisValue,
  { params, locate: locateParam }: LocatedParams,
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
    const value = lookUpVariable(params, name.split('.'));
    if (value !== undefined && is(value)) return value;
    if (value === undefined) {
      diagnostics.push({
        code: 'unknown-param',
        message: `unknown parameter "${name}" as the values of an axis`,
        location: locate(key),
        expected: `the name of a parameter that holds ${expected}`,
        ...suggest(name, Object.keys(params)),
      });
    } else {
      diagnostics.push({
        code: 'wrong-type',
        message: `the parameter "${name}" cannot be an axis: it is ${JSON.stringify(value)}`,
        location: locateParam(name),
        expected,
        ...(key === 'param' && isAxisValue(value) ? { hint: `write [${value}]` } : {}),
      });
    }
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
  located: LocatedParams,
  locate: (key: string) => Diagnostic['location'],
): AxisValues {
  if (typeof wanted === 'object' && 'param' in wanted) {
    const value = lookUpVariable(located.params, wanted.param.split('.'));
    if (value !== undefined && isAxisValue(value)) return { values: [value], diagnostics: [] };
  }
  return readAxis(wanted, located, locate);
}

/** Names of the parameters of some axes that hold no value. */
export function findEmptyParams(
  axes: Readonly<Record<string, AxisSpec | AxisValue | CellFilter[string]>>,
  { params }: Pick<LocatedParams, 'params'>,
): string[] {
  return Object.values(axes).flatMap((axis) => {
    if (typeof axis !== 'object' || !('param' in axis)) return [];
    const value = lookUpVariable(params, axis.param.split('.'));
    return Array.isArray(value) && value.length === 0 ? [axis.param] : [];
  });
}

function isValueList(axis: AxisSpec): axis is readonly AxisValue[] {
  return Array.isArray(axis);
}

function isAxisList(value: Json): value is AxisValue[] {
  return Array.isArray(value) && value.every((item) => isAxisValue(item));
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
