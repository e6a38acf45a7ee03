/** Words for what is wrong with the cells of a matrix as a whole. */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { AxisValue, MatrixSpec } from '../pipeline-file/types.ts';
import { findEmptyParams, type LocatedParams } from './axis-values.ts';
import type { Cell } from './types.ts';

/** More cells than this, before `exclude`, are taken for a slip. */
export const MOST_CELLS = 1_000_000;

/** The mistake of axes whose combinations no machine could hold. */
export function describeMany(
  stage: string,
  count: number,
  axes: readonly (readonly [string, readonly AxisValue[]])[],
  location: Diagnostic['location'],
): Diagnostic {
  const sizes = axes.map(([axis, values]) => `${axis} (${values.length})`);
  return {
    code: 'wrong-value',
    message: `the matrix of stage "${stage}" has ${count} cells, before exclude: ${sizes.join(' × ')}`,
    location,
    expected: `at most ${MOST_CELLS}: fewer axes or values`,
  };
}

/** The mistake of an included cell that has other axes than the rest. */
export function describeIncluded(
  axes: readonly string[],
  missing: readonly string[],
  unknown: readonly string[],
  location: Diagnostic['location'],
): Diagnostic {
  const [first] = unknown;
  return {
    code: 'unknown-axis',
    message:
      first === undefined
        ? `this cell has no value for the axis ${listNames(missing.map((axis) => `"${axis}"`))}`
        : `this cell has an axis that the matrix does not have, "${first}"`,
    location,
    expected: `the axes of the matrix, all of them: ${axes.join(', ')}`,
    ...(first === undefined || missing.length === 0 ? {} : suggest(first, missing)),
  };
}

/** The mistake of a matrix without cells: an axis without values, or `exclude` of all. */
export function describeEmpty(
  stage: string,
  matrix: MatrixSpec,
  resolved: LocatedParams,
  location: Diagnostic['location'],
): Diagnostic {
  const [name] = [matrix.axes, ...matrix.include].flatMap((axes) =>
    findEmptyParams(axes, resolved),
  );
  return {
    code: 'no-match',
    message:
      name === undefined
        ? `no cell of stage "${stage}" is left: exclude matches all of them`
        : `stage "${stage}" has no cell: the parameter "${name}" is an empty list`,
    location: name === undefined ? location : resolved.locate(name),
    expected: 'at least one cell',
    ...(name === undefined
      ? {}
      : { hint: `give "${name}" a value, or limit the stage's profiles` }),
  };
}

/** The one mistake of cells that are there more than once. @param isOwner the matrix is the stage's own */
export function findDuplicates(
  cells: readonly Cell[],
  stage: string,
  isOwner: boolean,
  location: Diagnostic['location'],
): Diagnostic[] {
  if (!isOwner) return [];
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const cell of cells) {
    const text = JSON.stringify(cell);
    if (seen.has(text)) repeated.add(text);
    seen.add(text);
  }
  const [first] = repeated;
  if (first === undefined) return [];
  const others = repeated.size === 1 ? '' : `, and ${repeated.size - 1} more`;
  return [
    {
      code: 'duplicate-cell',
      message: `the matrix of stage "${stage}" has the cell ${first} twice${others}`,
      location,
      expected: 'each combination of values once',
      hint: 'remove the repeated value, or exclude the cell before including it',
    },
  ];
}
