/** Comparing two records: what their parts have in common. */

import type { Json } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';

/** The members in which two objects differ; a side that lacks one is absent. */
export function compareValues<T extends Json>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): { readonly name: string; readonly before?: T; readonly after?: T }[] {
  return unionKeys(before, after).flatMap((name) => {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    const now = Object.hasOwn(after, name) ? after[name] : undefined;
    if (equal(old, now)) return [];
    return [
      {
        name,
        ...(old === undefined ? {} : { before: old }),
        ...(now === undefined ? {} : { after: now }),
      },
    ];
  });
}

/** The names that either has, in order. */
export function unionKeys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(b), ...Object.keys(a)])].sort();
}

/** Whether two values are the same JSON; undefined is equal to itself alone. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return stringifyCanonical(a) === stringifyCanonical(b);
}
