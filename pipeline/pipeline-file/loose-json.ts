/** JSON as programs write it → values: NaN and Infinity, which Python and others write, as texts. */

import type { Json, JsonObject } from '../contract/values.ts';
import { flattenValues } from './flatten-values.ts';

const TEXT_OR_ODD_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/**
 * Parses JSON in which numbers may be `NaN`, `Infinity` and `-Infinity`, each of which becomes a text.
 *
 * @throws SyntaxError for anything else that is no JSON
 */
export function parseLooseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
  }
  const quoted = text.replace(TEXT_OR_ODD_NUMBER, (one) =>
    one.startsWith('"') ? one : `"${one}"`,
  );
  return JSON.parse(quoted) as Json;
}

/**
 * The numbers, texts and booleans of an object, those in objects in it by dotted names (`test.accuracy`).
 * Lists and nulls are left out: they cannot be compared.
 */
export function flattenNested(values: JsonObject): JsonObject {
  const leaves = Object.entries(flattenValues(values));
  return Object.fromEntries(leaves.filter(([, value]) => value !== null && !Array.isArray(value)));
}
