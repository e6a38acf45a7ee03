/** `matrix:` of a stage → its cells, in the order of the file. */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type {
  AxisSpec,
  AxisValue,
  CellFilter,
  PipelineSpec,
  StageSpec,
} from '../pipeline-file/types.ts';
import { type LocatedParams, readAxis, readFilter } from './axis-values.ts';
import { resolveLike } from './find-matrix.ts';
import { checkFilterValues, collectValues } from './known-values.ts';
import {
  describeEmpty,
  describeIncluded,
  describeMany,
  findDuplicates,
  MOST_CELLS,
} from './matrix-mistakes.ts';
import type { ResolvedParams } from './params.ts';
import type { Cell } from './types.ts';

/** The cells of a stage, in the order of the file, with what is wrong in their declaration. */
export interface CellList {
  readonly axes: readonly string[];
  readonly cells: readonly Cell[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Expands a stage's matrix: the cartesian product of its axes, less `exclude`, plus `include`. A
 * stage without one has a single cell without axes. A cell that is there already is not included twice.
 */
export function expandMatrix(
  spec: PipelineSpec,
  stage: StageSpec,
  resolved: ResolvedParams,
): CellList {
  if (stage.matrix === null) return { axes: [], cells: [{}], diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const owner = resolveLike(spec, stage, diagnostics);
  if (owner === null) return { axes: [], cells: [], diagnostics };
  const { name, matrix } = owner;
  const at = (...path: (string | number)[]) =>
    spec.source.locate(['stages', name, 'matrix', ...path]);

  const valuesOf = (axis: AxisSpec | AxisValue, path: (string | number)[]) => {
    const { values, diagnostics: faults } = readAxis(axis, resolved, (key) => at(...path, key));
    diagnostics.push(...faults);
    return values;
  };
  const product = (
    axes: Readonly<Record<string, AxisSpec | AxisValue>>,
    path: (string | number)[],
  ) => {
    const all = Object.entries(axes).map(
      ([axis, values]) => [axis, valuesOf(values, [...path, axis])] as const,
    );
    const count = all.reduce((product, [, values]) => product * values.length, 1);
    if (count > MOST_CELLS) {
      diagnostics.push(describeMany(stage.name, count, all, at(...path)));
      return [];
    }
    return all.reduce<Cell[]>((cells, [axis, values]) => crossWith(cells, axis, values), [{}]);
  };

  const included = matrix.include.map((entry, i) => ({ i, cells: product(entry, ['include', i]) }));
  const axes =
    Object.keys(matrix.axes).length > 0
      ? Object.keys(matrix.axes)
      : Object.keys(matrix.include[0] ?? {});
  const known = matrix.exclude.length === 0 ? null : collectValues(matrix, resolved, 'axes');
  const excluded = matrix.exclude.map((filter, i) => {
    const locate = (...path: (string | number)[]) => at('exclude', i, ...path);
    diagnostics.push(...checkFilter(filter, axes, locate()));
    if (known !== null) diagnostics.push(...checkFilterValues(filter, [known], resolved, locate));
    const read = resolveFilter(filter, resolved, locate);
    diagnostics.push(...read.diagnostics);
    return read.filter;
  });
  const cells = Object.keys(matrix.axes).length > 0 ? product(matrix.axes, []) : [];
  const kept = cells.filter((cell) => !excluded.some((filter) => matchesCell(cell, filter)));
  diagnostics.push(...findDuplicates(kept, stage.name, name === stage.name, at()));
  const present = new Set(kept.map((cell) => cellKey(cell, axes)));
  for (const { i, cells: more } of included) {
    for (const cell of more) {
      const missing = axes.filter((axis) => !(axis in cell));
      const unknown = Object.keys(cell).filter((axis) => !axes.includes(axis));
      if (missing.length + unknown.length > 0) {
        diagnostics.push(describeIncluded(axes, missing, unknown, at('include', i)));
        break;
      }
      const key = cellKey(cell, axes);
      if (present.has(key)) continue;
      present.add(key);
      kept.push(Object.fromEntries(axes.map((axis) => [axis, cell[axis] as AxisValue])));
    }
  }
  if (kept.length === 0 && diagnostics.length === 0 && name === stage.name) {
    diagnostics.push(describeEmpty(stage.name, matrix, resolved, at()));
  }
  return { axes, cells: kept, diagnostics };
}

/** A filter with its parameters put in: axis → the values of which any matches. */
export type ResolvedFilter = Readonly<Record<string, readonly AxisValue[]>>;

/**
 * Puts the values of parameters into a filter. An axis whose parameter is faulty is left free, so
 * that the one mistake is not followed by another.
 *
 * @param locate gives the place of a key in the filter
 */
export function resolveFilter(
  filter: CellFilter,
  resolved: LocatedParams,
  locate: (...path: string[]) => Diagnostic['location'],
): { readonly filter: ResolvedFilter; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const entries = Object.entries(filter).flatMap(([axis, wanted]) => {
    const { values, diagnostics: faults } = readFilter(wanted, resolved, (key) =>
      locate(axis, key),
    );
    diagnostics.push(...faults);
    return faults.length > 0 ? [] : [[axis, values] as const];
  });
  return { filter: Object.fromEntries(entries), diagnostics };
}

/** Whether a cell passes a filter; an axis that the filter does not name is free. */
export function matchesCell(cell: Cell, filter: ResolvedFilter): boolean {
  return Object.entries(filter).every(([axis, wanted]) =>
    wanted.some((value) => value === cell[axis]),
  );
}

/** A filter's axes must exist where it is applied. */
export function checkFilter(
  filter: CellFilter,
  axes: readonly string[],
  location: Diagnostic['location'],
): Diagnostic[] {
  return Object.keys(filter)
    .filter((axis) => !axes.includes(axis))
    .map((axis) => ({
      code: 'unknown-axis',
      message: `unknown axis "${axis}"`,
      location,
      expected: axes.length > 0 ? `one of ${listNames(axes)}` : 'a stage with a matrix',
      ...suggest(axis, axes),
    }));
}

/** A text that is equal for equal cells, whatever the order of their axes. */
export function cellKey(cell: Cell, axes: readonly string[]): string {
  return JSON.stringify(axes.map((axis) => cell[axis]));
}

function crossWith(cells: readonly Cell[], axis: string, values: readonly AxisValue[]): Cell[] {
  return cells.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value })));
}
