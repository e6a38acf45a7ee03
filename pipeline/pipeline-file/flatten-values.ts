/** Nested values → plain ones under dotted names. */

import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from './types.ts';

/** An object with the members of objects in it under dotted names (`test.accuracy`); a list is one value. */
export function flattenValues(values: JsonObject): Record<string, Json> {
  return Object.fromEntries(listLeaves(values, ''));
}

function listLeaves(values: JsonObject, prefix: string): (readonly [string, Json])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    return isJsonObject(value) ? listLeaves(value, `${name}.`) : [[name, value] as const];
  });
}
