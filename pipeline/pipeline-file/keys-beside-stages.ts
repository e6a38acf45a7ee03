/** One slip that the schema would report many times: a stage's keys indented too little. */

import type { ErrorObject } from 'ajv';
import type { Json } from '../contract/values.ts';
import type { Diagnostic } from './diagnostic.ts';
import { ACTIONS } from './schema-hints.ts';
import { isJsonObject } from './types.ts';
import type { YamlSource } from './yaml-source.ts';

/**
 * The keys of a stage that stand beside it instead of below it: one slip, that ajv finds wrong once
 * for each.
 */
export function findKeysBesideStages(
  errors: readonly ErrorObject[],
  source: YamlSource,
): {
  readonly diagnostics: readonly Diagnostic[];
  /** Keys of `stages` about which all is said. */
  readonly told: ReadonlySet<string>;
} {
  const stageKeys = listStageKeys(errors);
  const { stages } = (source.value ?? {}) as { readonly stages?: Json };
  const entries = isJsonObject(stages) ? Object.entries(stages) : [];
  const diagnostics: Diagnostic[] = [];
  const told = new Set<string>();
  for (const [i, [name, value]] of entries.entries()) {
    if (value !== null || told.has(name)) continue;
    const rest = entries.slice(i + 1);
    const end = rest.findIndex(([key, one]) => !stageKeys.includes(key) || isStageLike(one));
    const keys = rest.slice(0, end === -1 ? rest.length : end).map(([key]) => key);
    const [first] = keys;
    if (first === undefined) continue;
    for (const key of [name, ...keys]) told.add(key);
    diagnostics.push({
      code: 'wrong-value',
      message: `the keys of stage "${name}" stand beside it: ${keys.join(', ')}`,
      location: source.locateKey(['stages', first]),
      expected: `them to be indented further than "${name}:"`,
      hint: 'indent these lines by two blanks more',
    });
  }
  return { diagnostics, told };
}

/** The keys that a stage may have, where one has a mistake. */
function listStageKeys(errors: readonly ErrorObject[]): readonly string[] {
  const all = errors
    .filter(({ instancePath }) => /^\/stages\/[^/]*$/.test(instancePath))
    .map(({ parentSchema }) => (parentSchema as { properties?: object } | undefined)?.properties);
  return Object.keys(all.find((properties) => properties !== undefined) ?? {});
}

function isStageLike(value: Json): boolean {
  return isJsonObject(value) && ACTIONS.some((key) => Object.hasOwn(value, key));
}
