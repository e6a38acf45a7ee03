/**
 * What an axis can be in any profile, so that a filter that matches nothing is told apart from a
 * slip.
 */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { AxisSpec, AxisValue, CellFilter, MatrixSpec } from '../pipeline-file/types.ts';
import { type LocatedParams, readAxis, readFilter } from './axis-values.ts';
import type { ResolvedParams } from './params.ts';

/**
 * The values that each axis can take: in this profile with its `--set`, in any other, or as `params`
 * declares them. Null for one that counts, where only parameters say how far.
 */
export type KnownValues = ReadonlyMap<string, ReadonlySet<AxisValue> | null>;

/**
 * Collects what the axes of a matrix can be.
 *
 * @param parts what of the matrix counts: `exclude` takes nothing of what `include` adds
 */
export function collectValues(
  matrix: MatrixSpec,
  { params, variants, locate }: ResolvedParams,
  parts: 'axes' | 'all',
): KnownValues {
  const known = new Map<string, Set<AxisValue> | null>();
  const collect = (axis: string, spec: AxisSpec | AxisValue) => {
    if (typeof spec === 'object' && 'from' in spec) known.set(axis, null);
    if (known.get(axis) === null) return;
    const all = known.get(axis) ?? new Set();
    known.set(axis, all);
    const varies = typeof spec === 'object' && 'param' in spec;
    for (const one of varies ? [params, ...variants] : [params]) {
      const { values } = readAxis(spec, { params: one, locate }, locate);
      for (const value of values) all.add(value);
    }
  };
  for (const [axis, spec] of Object.entries(matrix.axes)) collect(axis, spec);
  for (const entry of parts === 'all' ? matrix.include : []) {
    for (const [axis, spec] of Object.entries(entry)) collect(axis, spec);
  }
  return known;
}

/**
 * A value that a filter lists must be one that its axis can take, lest it filter nothing in silence.
 * Values that come from parameters vary, and need only be of the kind that the axis has.
 *
 * @param known of each stage that the filter is applied to; a value must be known in one of them
 * @param locate gives the place of an axis in the filter, or of a value in its list
 */
export function checkFilterValues(
  filter: CellFilter,
  known: readonly KnownValues[],
  resolved: LocatedParams,
  locate: (...path: (string | number)[]) => Diagnostic['location'],
): Diagnostic[] {
  return Object.entries(filter).flatMap(([axis, wanted]) => {
    const sets = known.flatMap((one) => {
      const values = one.get(axis);
      return values === undefined ? [] : [values];
    });
    if (sets.length === 0) return [];
    const isKnown = (value: AxisValue) =>
      sets.some((set) => (set === null ? Number.isSafeInteger(value) : set.has(value)));
    if (typeof wanted === 'object' && 'param' in wanted) {
      return checkVarying(
        axis,
        wanted.param,
        sets,
        readFilter(wanted, resolved, locate).values,
        resolved,
      );
    }
    const isList = typeof wanted === 'object';
    return [wanted].flat().flatMap((value, i): Diagnostic[] => {
      if (isKnown(value)) return [];
      const all = [...new Set(sets.flatMap((set) => [...(set ?? [])]))];
      return [
        {
          code: 'unknown-value',
          message: `the axis "${axis}" never is ${JSON.stringify(value)}`,
          location: isList ? locate(axis, i) : locate(axis),
          expected:
            all.length === 0
              ? 'a whole number'
              : `one of its values: ${listNames(all.map((one) => JSON.stringify(one)))}`,
          ...suggestValue(value, all),
        },
      ];
    });
  });
}

/** A value of a parameter that looks like one of the axis and is none: a text for a number, or the other way. */
function checkVarying(
  axis: string,
  param: string,
  sets: readonly (ReadonlySet<AxisValue> | null)[],
  values: readonly AxisValue[],
  { locate }: LocatedParams,
): Diagnostic[] {
  const all = [...new Set(sets.flatMap((set) => [...(set ?? [])]))];
  return values.flatMap((value): Diagnostic[] => {
    if (sets.includes(null) || all.includes(value)) return [];
    const twin = all.find((one) => String(one) === String(value));
    if (twin === undefined) return [];
    return [
      {
        code: 'unknown-value',
        message: `the axis "${axis}", which "${param}" filters, never is ${JSON.stringify(value)}`,
        location: locate(param),
        expected: `${JSON.stringify(twin)}, as the axis has it`,
        ...suggestValue(value, all),
      },
    ];
  });
}

function suggestValue(value: AxisValue, all: readonly AxisValue[]): { hint?: string } {
  const twin = all.find((one) => String(one) === String(value));
  if (typeof twin === 'string') return { hint: `put it in quotes: "${twin}"` };
  if (twin !== undefined) return { hint: `write ${twin} without quotes` };
  if (typeof value !== 'string') return {};
  return suggest(value, all.map(String));
}
