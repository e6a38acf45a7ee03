/** `when` of a stage's resources: which values of axes and parameters a node must have. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { CellFilter, PipelineSpec } from '../pipeline-file/types.ts';
import { type LocatedParams, readFilter } from './axis-values.ts';
import { lookUpVariable } from './interpolate.ts';

/** Whether all conditions hold. @param variables the parameters, and the axes where conditions are on those */
export function meets(when: CellFilter, variables: JsonObject): boolean {
  return Object.entries(when).every(([name, wanted]) => {
    const value = lookUpVariable(variables, name.split('.'));
    return listWanted(wanted, variables).some((one) => one === value);
  });
}

/** The values that a condition lets pass. */
function listWanted(wanted: CellFilter[string], variables: JsonObject): readonly Json[] {
  if (typeof wanted !== 'object' || !('param' in wanted)) return [wanted].flat();
  return [lookUpVariable(variables, wanted.param.split('.')) ?? null].flat();
}

/**
 * Checks a condition on a parameter: one on a list or a mapping, or on a value of another kind than the
 * parameter has, never holds.
 *
 * @param locate gives the place of the condition, or of one of its keys
 */
export function checkCondition(
  { params }: PipelineSpec,
  [name, wanted]: readonly [string, CellFilter[string]],
  resolved: LocatedParams,
  locate: (...path: string[]) => Diagnostic['location'],
): readonly Diagnostic[] {
  const declared = lookUpVariable(params, name.split('.')) ?? null;
  if (declared !== null && typeof declared === 'object') {
    const what = Array.isArray(declared) ? 'a list' : 'a mapping';
    return [
      {
        code: 'wrong-type',
        message: `no condition on the parameter "${name}" ever holds: it is ${what}`,
        location: locate(),
        expected: 'the name of what is a text, a number or a boolean',
      },
    ];
  }
  if (typeof wanted === 'object' && 'param' in wanted) {
    return readFilter(wanted, resolved, locate).diagnostics;
  }
  const wrong = [wanted].flat().find((one) => typeof one !== typeof declared);
  if (declared === null || wrong === undefined) return [];
  return [
    {
      code: 'wrong-type',
      message: `the parameter "${name}" never is ${JSON.stringify(wrong)}, a ${typeof wrong}`,
      location: locate(),
      expected: `a ${typeof declared}, such as ${JSON.stringify(declared)}`,
    },
  ];
}
