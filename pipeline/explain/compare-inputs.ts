/** Comparing two records: their inputs, source by source. */

import type { Change } from '../fingerprint/compare-trees.ts';
import type { FingerprintRecord, InputRecord } from '../fingerprint/record.ts';
import { equal, unionKeys } from './compare-values.ts';
import type { Difference } from './difference.ts';

/** The sources that came, went, changed or moved, by input. */
export function compareInputs(
  before: FingerprintRecord['inputs'],
  after: FingerprintRecord['inputs'],
): Difference[] {
  return unionKeys(before, after).flatMap((name): Difference[] => {
    const old = before[name];
    const now = after[name];
    if (equal(old, now)) return [];
    const found = compareSources(name, old ?? [], now ?? []);
    if (found.length > 0) return found;
    // The same sources in another order, or an input without sources that came or went.
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'reordered';
    return [
      {
        kind: 'input',
        name,
        node: null,
        index: 0,
        path: null,
        change,
        before: null,
        after: null,
        files: null,
      },
    ];
  });
}

/** Compares the paths of sources place by place, unless sources came, went or moved. */
export function comparePaths(
  before: FingerprintRecord['paths'],
  after: FingerprintRecord['paths'],
  inputs: readonly Difference[],
): Difference[] {
  const moved = new Set(
    inputs.flatMap((one) =>
      one.kind === 'input' && !['changed', 'remade'].includes(one.change) ? [one.name] : [],
    ),
  );
  return unionKeys(before, after).flatMap((name): Difference[] => {
    const old = before[name] ?? [];
    const now = after[name] ?? [];
    if (moved.has(name)) return [];
    const places = Array.from({ length: Math.max(old.length, now.length) }, (_, index) => index);
    return places
      .filter((index) => old[index] !== now[index])
      .map((index) => ({
        kind: 'path',
        name,
        index,
        before: old[index] ?? null,
        after: now[index] ?? null,
      }));
  });
}

/** Matches the sources of an input by their node; files of the workspace by their place. */
function compareSources(
  name: string,
  before: readonly InputRecord[],
  after: readonly InputRecord[],
): Difference[] {
  const keyed = (sources: readonly InputRecord[]) => {
    const seen = new Map<string, number>();
    return new Map(
      sources.map((source, index) => {
        const key = source.node ?? '';
        const nth = seen.get(key) ?? 0;
        seen.set(key, nth + 1);
        return [`${nth}/${key}`, { source, index }] as const;
      }),
    );
  };
  const olds: KeyedSources = keyed(before);
  const nows: KeyedSources = keyed(after);
  const formerNames = pairRenamed(olds, nows);
  const paired = new Set<string>(formerNames.values());
  return [...new Set([...nows.keys(), ...olds.keys()])].flatMap((key): Difference[] => {
    const former = formerNames.get(key);
    if (paired.has(key)) return [];
    const old = olds.get(former ?? key);
    const now = nows.get(key);
    if (equal(old?.source, now?.source)) return [];
    const formerNode = former === undefined ? undefined : old?.source.node;
    return [
      {
        kind: 'input',
        name,
        node: (now ?? old)?.source.node ?? null,
        ...(formerNode ? { formerNode } : {}),
        index: (now ?? old)?.index ?? 0,
        path: null,
        change: nameChange(old?.source, now?.source),
        before: old?.source.content ?? null,
        after: now?.source.content ?? null,
        files: null,
      },
    ];
  });
}

type KeyedSources = ReadonlyMap<string, { readonly source: InputRecord; readonly index: number }>;

/**
 * Pairs sources whose node came with ones whose node went, where all but the name is the same.
 *
 * @returns today's key → the earlier one
 */
function pairRenamed(olds: KeyedSources, nows: KeyedSources): ReadonlyMap<string, string> {
  const gone = [...olds].filter(([key, { source }]) => !nows.has(key) && source.node !== null);
  const pairs = new Map<string, string>();
  if (gone.length === 0) return pairs;
  for (const [key, { source, index }] of nows) {
    if (olds.has(key) || source.node === null) continue;
    const at = gone.findIndex(
      ([, old]) => old.index === index && equal({ ...old.source, node: source.node }, source),
    );
    const [found] = at === -1 ? [] : gone.splice(at, 1);
    if (found !== undefined) pairs.set(key, found[0]);
  }
  return pairs;
}

function nameChange(old: InputRecord | undefined, now: InputRecord | undefined): Change | 'remade' {
  if (old === undefined) return 'added';
  if (now === undefined) return 'removed';
  const isRemade =
    old.fingerprint !== undefined && equal({ ...old, fingerprint: now.fingerprint }, now);
  return isRemade ? 'remade' : 'changed';
}
