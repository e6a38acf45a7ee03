/** Words for an input that no cell of another stage provides. */

import { type Diagnostic, listNames } from '../pipeline-file/diagnostic.ts';
import type { InputSpec } from '../pipeline-file/types.ts';
import { findEmptyParams } from './axis-values.ts';
import type { PlannedCell, StagePlan } from './name-cells.ts';
import type { Cell } from './types.ts';

/**
 * The mistake of an input that no cell of another stage provides.
 *
 * @param plan of the stage that has the input
 * @param active plans of the stages that the input comes from, as far as the profile has them
 */
export function describeNoSource(
  plan: StagePlan,
  { id, cell }: PlannedCell,
  name: string,
  input: Extract<InputSpec, { readonly kind: 'stage' }>,
  active: readonly StagePlan[],
  location: Diagnostic['location'],
): Diagnostic {
  const [empty] = input.where.flatMap((filter) => findEmptyParams(filter, plan.resolved));
  if (empty !== undefined) {
    return {
      code: 'no-match',
      message: `the parameter "${empty}" is an empty list, by which stages choose their inputs`,
      location: plan.resolved.locate(empty),
      expected: 'values for which there are inputs',
    };
  }
  if (active.length === 0) {
    return {
      code: 'no-match',
      message: `the input "${name}" of ${id} comes from a stage that this profile leaves out`,
      location,
      expected: `${listNames(input.from)} to be in the profile`,
    };
  }
  const passes = input.where.length > 0 ? 'that `where` lets pass, ' : '';
  return {
    code: 'no-match',
    message: `no cell of ${listNames(active.map(({ stage }) => stage.name))} matches the input "${name}" of ${id}`,
    location,
    expected: `an upstream cell ${passes}with equal values on the axes that both stages have`,
    ...suggestKind(
      cell,
      active.flatMap(({ cells }) => cells),
    ),
  };
}

/** Values that look the same on both sides, of which one is a text. */
function suggestKind(cell: Cell, others: readonly PlannedCell[]): { hint?: string } {
  for (const { cell: other } of others) {
    for (const [axis, value] of Object.entries(cell)) {
      const twin = other[axis];
      if (twin === undefined || twin === value || String(twin) !== String(value)) continue;
      const both = [value, twin].map((one) => JSON.stringify(one)).join(' here and ');
      return { hint: `"${axis}" is ${both} there: write both with quotes, or both without` };
    }
  }
  return {};
}
