/** `memory` of a stage that depends on the node: conditions on what there is, none of them in vain. */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import { readFilter } from './axis-values.ts';
import { checkCondition } from './conditions.ts';
import { findMatrix } from './find-matrix.ts';
import { checkFilterValues, collectValues } from './known-values.ts';
import type { StagePlan } from './name-cells.ts';

/**
 * Checks the cases of a stage's memory.
 *
 * @param known the names that conditions may have, axes and parameters; null where that is not known
 */
export function checkMemory(
  spec: PipelineSpec,
  { stage, axes, resolved }: StagePlan,
  known: ReadonlySet<string> | null,
): Diagnostic[] {
  const { memoryCases: cases } = stage;
  const at = ['stages', stage.name, 'resources', 'memory'];
  const last = cases.findIndex(({ when }) => Object.keys(when).length === 0);
  const matrix = cases.length === 0 ? null : findMatrix(spec, stage);
  const values = matrix === null ? [] : [collectValues(matrix, resolved, 'all')];
  const diagnostics = cases.flatMap(({ when }, i) => {
    const locate = (...path: (string | number)[]) =>
      spec.source.locate([...at, i, 'when', ...path]);
    return [
      ...Object.entries(when).flatMap(([name, wanted]): Diagnostic[] => {
        if (known !== null && !known.has(name)) {
          const location = spec.source.locateKey([...at, i, 'when', name]);
          return [describeUnknown(name, known, location)];
        }
        const locateIn = (...path: string[]) => locate(name, ...path);
        if (!axes.includes(name)) {
          return [...checkCondition(spec, [name, wanted], resolved, locateIn)];
        }
        return typeof wanted === 'object' && 'param' in wanted
          ? [...readFilter(wanted, resolved, locateIn).diagnostics]
          : [];
      }),
      ...checkFilterValues(when, values, resolved, locate),
    ];
  });
  if (last === -1 || last === cases.length - 1) return diagnostics;
  return [
    ...diagnostics,
    {
      code: 'wrong-value',
      message: `stage "${stage.name}" has memory for all nodes before the end of its list`,
      location: spec.source.locate([...at, last]),
      expected: 'at the end, since the first that applies counts',
    },
  ];
}

function describeUnknown(
  name: string,
  known: ReadonlySet<string>,
  location: Diagnostic['location'],
): Diagnostic {
  return {
    code: 'unknown-param',
    message: `unknown axis or parameter "${name}"`,
    location,
    expected: `one of ${listNames(known, 16)}`,
    ...suggest(name, [...known]),
  };
}
