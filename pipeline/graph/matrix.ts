import type { Json, JsonObject } from '../job/contract.ts';
import { type Diagnostic, listNames, suggest } from '../spec/diagnostic.ts';
import type {
  AxisSpec,
  AxisValue,
  CellFilter,
  MatrixSpec,
  PipelineSpec,
  StageSpec,
} from '../spec/types.ts';
import { lookUp } from './interpolate.ts';
import type { Cell } from './types.ts';

/** The cells of a stage, in the order of the file, with what is wrong in their declaration. */
export interface CellList {
  readonly axes: readonly string[];
  readonly cells: readonly Cell[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Expands a stage's matrix: the cartesian product of its axes, less `exclude`, plus `include`. A
 * stage without one has a single cell without axes.
 */
export function expandMatrix(spec: PipelineSpec, stage: StageSpec, params: JsonObject): CellList {
  if (stage.matrix === null) return { axes: [], cells: [{}], diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const owner = resolveLike(spec, stage, diagnostics);
  if (owner === null) return { axes: [], cells: [], diagnostics };
  const { name, matrix } = owner;
  const at = (...path: (string | number)[]) =>
    spec.source.locate(['stages', name, 'matrix', ...path]);

  const valuesOf = (axis: AxisSpec | AxisValue, path: (string | number)[]): AxisValue[] => {
    if (Array.isArray(axis)) return axis as AxisValue[];
    if (typeof axis !== 'object') return [axis];
    const param = (axis as { param: string }).param;
    const value = lookUp(params, param.split('.'));
    if (isAxisList(value)) return value;
    diagnostics.push({
      code: value === undefined ? 'unknown-param' : 'wrong-type',
      message:
        value === undefined
          ? `unknown parameter "${param}" as the values of an axis`
          : `the parameter "${param}" cannot be an axis: it is ${JSON.stringify(value)}`,
      location: at(...path, 'param'),
      expected: 'the name of a parameter that holds a list of texts, numbers or booleans',
      ...suggest(param, Object.keys(params)),
    });
    return [];
  };
  const product = (
    axes: Readonly<Record<string, AxisSpec | AxisValue>>,
    path: (string | number)[],
  ) =>
    Object.entries(axes).reduce<Cell[]>(
      (cells, [axis, values]) => crossWith(cells, axis, valuesOf(values, [...path, axis])),
      [{}],
    );

  const included = matrix.include.map((entry, i) => ({ i, cells: product(entry, ['include', i]) }));
  const axes =
    Object.keys(matrix.axes).length > 0
      ? Object.keys(matrix.axes)
      : Object.keys(matrix.include[0] ?? {});
  for (const [i, filter] of matrix.exclude.entries()) {
    diagnostics.push(...checkFilter(filter, axes, at('exclude', i)));
  }
  const cells = Object.keys(matrix.axes).length > 0 ? product(matrix.axes, []) : [];
  const kept = cells.filter((cell) => !matrix.exclude.some((filter) => matches(cell, filter)));
  for (const { i, cells: more } of included) {
    for (const cell of more) {
      const missing = axes.filter((axis) => !(axis in cell));
      const unknown = Object.keys(cell).filter((axis) => !axes.includes(axis));
      if (missing.length + unknown.length > 0) {
        diagnostics.push({
          code: 'unknown-axis',
          message: `this cell has the axes ${Object.keys(cell).join(', ')}`,
          location: at('include', i),
          expected: `the axes of the matrix: ${axes.join(', ')}`,
          ...(unknown[0] === undefined ? {} : suggest(unknown[0], axes)),
        });
        break;
      }
      kept.push(Object.fromEntries(axes.map((axis) => [axis, cell[axis] as AxisValue])));
    }
  }
  diagnostics.push(...findDuplicates(kept, stage.name, name === stage.name, at()));
  return { axes, cells: kept, diagnostics };
}

/** Follows `{ like: stage }`, once: the stage named must have axes of its own. */
function resolveLike(
  spec: PipelineSpec,
  stage: StageSpec,
  diagnostics: Diagnostic[],
): { name: string; matrix: MatrixSpec } | null {
  if (stage.matrix === null) return null;
  if (!('like' in stage.matrix)) return { name: stage.name, matrix: stage.matrix };
  const { like } = stage.matrix;
  const model = spec.stages[like];
  if (model?.matrix && !('like' in model.matrix)) return { name: like, matrix: model.matrix };
  const candidates = Object.values(spec.stages)
    .filter((other) => other.matrix !== null && !('like' in other.matrix))
    .map((other) => other.name);
  diagnostics.push({
    code: 'unknown-stage',
    message:
      model === undefined ? `unknown stage "${like}"` : `stage "${like}" has no matrix of its own`,
    location: spec.source.locate(['stages', stage.name, 'matrix', 'like']),
    expected: `a stage with a matrix of its own: ${listNames(candidates)}`,
    ...suggest(like, candidates),
  });
  return null;
}

/** Whether a cell passes a filter; an axis that the filter does not name is free. */
export function matches(cell: Cell, filter: CellFilter): boolean {
  return Object.entries(filter).every(([axis, wanted]) =>
    Array.isArray(wanted) ? wanted.some((value) => value === cell[axis]) : cell[axis] === wanted,
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

function findDuplicates(
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
  return [...repeated].map((text) => ({
    code: 'duplicate-cell',
    message: `the matrix of stage "${stage}" has the cell ${text} twice`,
    location,
    expected: 'each combination of values once',
    hint: 'remove the repeated value, or exclude the cell before including it',
  }));
}

function crossWith(cells: readonly Cell[], axis: string, values: readonly AxisValue[]): Cell[] {
  return cells.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value })));
}

function isAxisList(value: Json | undefined): value is AxisValue[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => ['string', 'number', 'boolean'].includes(typeof item))
  );
}
