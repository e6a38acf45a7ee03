/** `cache gc`, deciding: what the cache holds and what asks for it → what goes. Touches no disk. */

import type { Digest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { StoredFile } from './inventory.ts';

/** A result with all that collecting garbage must know of it. */
export interface StoredResult extends StoredFile<Fingerprint> {
  readonly node: string;
  /** By what it is found, where it was made with `inputs: auto`; else null. */
  readonly declared: Digest | null;
  /** The objects that it refers to. */
  readonly objects: readonly Digest[];
}

/** What the cache holds, and what asks for it. Times are milliseconds since the epoch. */
export interface Holdings {
  readonly results: readonly StoredResult[];
  readonly objects: readonly StoredFile<Digest>[];
  /** Results that the pipeline in one of its profiles has now. */
  readonly needed: ReadonlySet<Fingerprint>;
  /** Nodes of which cannot be told yet which results they have. */
  readonly undecided: ReadonlySet<string>;
  /** Objects that are needed whatever refers to them. */
  readonly roots: ReadonlySet<Digest>;
  readonly usage: ReadonlyMap<Fingerprint, number>;
}

/** How much is kept. */
export interface Policy {
  /** Results that were used after that are kept. */
  readonly usedSince: number;
  /** Whatever was touched since then is kept: a running process may be about to refer to it. */
  readonly freshSince: number;
  /** Bytes; of what is kept for having been used, the oldest goes until the rest fits. */
  readonly limit: number | null;
}

/** What goes. */
export interface Garbage {
  readonly results: readonly StoredResult[];
  readonly objects: readonly StoredFile<Digest>[];
}

/** Decides what of the cache goes. Needed results stay, however large they are. */
export function chooseGarbage(holdings: Holdings, policy: Policy): Garbage {
  const { results, objects, needed, undecided, roots, usage } = holdings;
  const usedAt = (result: StoredResult) => Math.max(result.touchedAt, usage.get(result.name) ?? 0);
  const isNeeded = (result: StoredResult) =>
    needed.has(result.name) || undecided.has(result.node) || result.touchedAt >= policy.freshSince;
  const kept: StoredResult[] = results.filter(isNeeded);
  const others = results
    .filter((result) => !isNeeded(result) && usedAt(result) > policy.usedSince)
    .sort((a, b) => usedAt(b) - usedAt(a));
  const sizes = new Map(objects.map(({ name, size }) => [name, size]));
  const marked = new Set(roots);
  for (const { name, touchedAt } of objects) if (touchedAt >= policy.freshSince) marked.add(name);
  const mark = (result: StoredResult) => {
    for (const digest of result.objects) marked.add(digest);
  };
  for (const result of kept) mark(result);
  let size = 0;
  for (const digest of marked) size += sizes.get(digest) ?? 0;
  for (const result of others) {
    let more = 0;
    for (const digest of new Set(result.objects)) {
      if (!marked.has(digest)) more += sizes.get(digest) ?? 0;
    }
    // The ones used before it go too, even where a small one would fit: the order is what is promised.
    if (policy.limit !== null && size + more > policy.limit) break;
    size += more;
    mark(result);
    kept.push(result);
  }
  const keptNames = new Set(kept.map(({ name }) => name));
  return {
    results: results.filter(({ name }) => !keptNames.has(name)),
    objects: objects.filter(({ name }) => !marked.has(name)),
  };
}
