/** Causes found at many nodes → few, each told once by its shortest way. */

import { groupByKey } from '../system/group-by.ts';
import type { Cause } from './difference.ts';

/** The causes at a node, as causes of one further down: each chain is longer by that node. */
export function lengthenChains(causes: readonly Cause[], node: string): Cause[] {
  return causes.map(({ chain, reason }) => ({ chain: [...chain, node], reason }));
}

/** Of causes that reach a node on several ways, the shortest way. */
export function mergeCauses(causes: readonly Cause[]): Cause[] {
  const merged = new Map<string, Cause>();
  for (const cause of causes) {
    const key = `${cause.chain[0]} ${JSON.stringify(cause.reason)}`;
    const known = merged.get(key);
    if (known === undefined || cause.chain.length < known.chain.length) merged.set(key, cause);
  }
  return [...merged.values()];
}

/** Causes with the same reason, such as the edit of one module that a hundred nodes import. */
export function groupCauses(causes: readonly Cause[]): readonly [Cause, ...Cause[]][] {
  return [...groupByKey(causes, ({ reason }) => JSON.stringify(reason)).values()];
}
