/** What `{{ … }}` in a command may name of its job, beside inputs, outputs and the cell's variables. */

import type { JsonObject } from '../contract/values.ts';
import type { StageSpec } from '../pipeline-file/types.ts';

/** Something of its job that a command names. */
export type JobVariable =
  | { readonly kind: 'scratch' | 'cpus' | 'gpus' | 'previous-value' }
  /** A path in the shorter result that a stage goes on from; an empty text where there is none. */
  | { readonly kind: 'previous-output'; readonly output: string };

const SINGLE = ['scratch', 'cpus', 'gpus'] as const;

/** The dotted names that a stage's commands may use. @param isTaken a parameter or axis has the name */
export function listJobVariables(
  { extends: parameter, outputs }: StageSpec,
  isTaken: (name: string) => boolean,
): string[] {
  const previous =
    parameter === null || isTaken('previous')
      ? []
      : ['value', ...Object.keys(outputs).map((name) => `outputs.${name}`)];
  return [
    ...SINGLE.filter((name) => !isTaken(name)),
    ...previous.map((name) => `previous.${name}`),
  ];
}

/**
 * What of its job a name stands for; null where that is something else. A parameter or axis of that name
 * was there before it, and comes first.
 */
export function findJobVariable(
  path: readonly string[],
  variables: JsonObject,
): JobVariable | null {
  const [head = '', group, output, ...more] = path;
  if (Object.hasOwn(variables, head)) return null;
  const single = SINGLE.find((name) => name === head);
  if (single !== undefined) return path.length === 1 ? { kind: single } : null;
  if (head !== 'previous' || more.length > 0) return null;
  if (group === 'value' && output === undefined) return { kind: 'previous-value' };
  return group === 'outputs' && output !== undefined ? { kind: 'previous-output', output } : null;
}

/** What is to be done about a name that stands for nothing and looks like one of an earlier result. */
export function explainPrevious(name: string, { extends: parameter }: StageSpec): string | null {
  const isMeant = name === 'previous' || name.startsWith('previous.');
  if (!isMeant) return null;
  return parameter === null
    ? 'name the parameter that makes the work longer, as in extends: epochs'
    : 'write {{ previous.outputs.<output> }} or {{ previous.value }}';
}
