/** Collected garbage, in text and in JSON. */

import { countOf } from '../../progress/units.ts';
import type { Collection } from '../../session/collect-garbage.ts';
import { formatSize } from './sizes.ts';

/** How many things that could not be removed are named. */
const MOST_NAMED = 10;

/** A collection for people, as lines: in a dry run each thing that would go, then the counts. */
export function formatCollection(collection: Collection, isDry: boolean): readonly string[] {
  const { results, objects, leftovers } = collection;
  const named = isDry
    ? [
        ...results.map(({ node, name }) => `result ${node} (${name.slice(0, 12)})`),
        ...leftovers.map(({ what, path }) => `${what} ${path}`),
      ]
    : [];
  const counts = new Map<string, number>();
  for (const { what } of leftovers) counts.set(what, (counts.get(what) ?? 0) + 1);
  const parts = [
    countOf(results.length, 'result'),
    `${countOf(objects.length, 'object')} (${formatSize(sumBytes(collection))})`,
    ...[...counts].map(([what, count]) => `${count} ${what}`),
  ];
  return [...named, `${isDry ? 'would remove' : 'removed'} ${parts.join(', ')}`];
}

/** A collection for programs. */
export function describeCollection(collection: Collection, isDry: boolean) {
  const { results, objects, leftovers } = collection;
  const bytes = sumBytes(collection);
  return { dryRun: isDry, results: results.length, objects: objects.length, bytes, leftovers };
}

/** What could not be removed, for people. */
export function formatFailures(failures: readonly string[]): string {
  const named = failures.slice(0, MOST_NAMED).map((failure) => `\n  ${failure}`);
  return `${countOf(failures.length, 'thing')} of these could not be removed:${named.join('')}`;
}

function sumBytes({ objects }: Pick<Collection, 'objects'>): number {
  return objects.reduce((sum, { size }) => sum + size, 0);
}
