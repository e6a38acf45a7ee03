/** `where` of an input names cells that can be there. */

import { type Diagnostic, listNames } from '../pipeline-file/diagnostic.ts';
import type { AxisValue, CellFilter, InputSpec, PipelineSpec } from '../pipeline-file/types.ts';
import { findMatrix } from './find-matrix.ts';
import { checkFilterValues, collectValues } from './known-values.ts';
import { expandMatrix, matchesCell, type ResolvedFilter } from './matrix.ts';
import type { ResolvedParams } from './params.ts';
import type { Cell } from './types.ts';

type StageInput = Extract<InputSpec, { readonly kind: 'stage' }>;

/**
 * What `where` lists must be there: each value in a stage that the input may come from, and the values
 * of an entry in one cell together. In this profile, in another or as `params` declares them.
 *
 * @param cellsOf the cells of a stage in this profile
 * @param locate gives the place of an entry, of an axis in it, or of a value in that one's list
 */
export function checkWhere(
  spec: PipelineSpec,
  resolved: ResolvedParams,
  input: StageInput,
  cellsOf: (stage: string) => readonly { readonly cell: Cell }[],
  locate: (...path: (string | number)[]) => Diagnostic['location'],
): Diagnostic[] {
  if (input.where.length === 0) return [];
  const producers = input.from.flatMap((from) => spec.stages[from] ?? []);
  const known = producers.flatMap((producer) => {
    const matrix = findMatrix(spec, producer);
    return matrix === null ? [] : [collectValues(matrix, resolved, 'all')];
  });
  const unknown = input.where.flatMap((filter, i) =>
    checkFilterValues(filter, known, resolved, (...path) => locate(i, ...path)),
  );
  if (unknown.length > 0) return unknown;
  return input.where.flatMap((filter, i): Diagnostic[] => {
    const literal = readLiteral(filter);
    const isElsewhere = producers.length < input.from.length;
    if (literal === null || isElsewhere || !known.every((axes) => hasAxes(axes, filter))) return [];
    const isMet = (cells: readonly Cell[]) => cells.some((cell) => matchesCell(cell, literal));
    if (input.from.some((from) => isMet(cellsOf(from).map(({ cell }) => cell)))) return [];
    const isMetUnder = (params: ResolvedParams['params']) =>
      producers.some((stage) => {
        const { cells, diagnostics } = expandMatrix(spec, stage, { ...resolved, params });
        return diagnostics.length > 0 || isMet(cells);
      });
    if ([resolved.params, ...resolved.variants].some(isMetUnder)) return [];
    const told = Object.entries(literal).map(
      ([axis, values]) => `${axis} ${listNames(values.map((value) => JSON.stringify(value)))}`,
    );
    return [
      {
        code: 'no-match',
        message: `no cell of ${listNames(input.from)} has ${told.join(' and ')}`,
        location: locate(i),
        expected: 'values that a cell has together: exclude may have left this one out',
      },
    ];
  });
}

/** A filter in which no value comes from a parameter, since those vary; null for another. */
function readLiteral(filter: CellFilter): ResolvedFilter | null {
  const entries: [string, readonly AxisValue[]][] = [];
  for (const [axis, wanted] of Object.entries(filter)) {
    if (typeof wanted === 'object' && 'param' in wanted) return null;
    entries.push([axis, [wanted].flat()]);
  }
  return Object.fromEntries(entries);
}

function hasAxes(axes: ReadonlyMap<string, unknown>, filter: CellFilter): boolean {
  return Object.keys(filter).every((axis) => axes.has(axis));
}
