/** Results of an earlier version of this program: counted and told of once, never used. */

import { readFileSync } from 'node:fs';
import { type Fingerprint, RECORD_VERSION } from '../fingerprint/record.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { listRecords, type StoredFile } from './inventory.ts';
import type { ResultStore } from './results.ts';

/** The records that an earlier version of this program wrote. They are sound, but of no use. */
export function listOutdatedRecords(
  layout: StateLayout,
  results: ResultStore,
): StoredFile<Fingerprint>[] {
  return listRecords(layout).filter(({ name }) => results.read(name).outdated);
}

/**
 * What a user must know of a cache in which an earlier version of this program left results, in one
 * line; null where there are none, or where {@link noteVersion} says that it was told.
 */
export function describeEarlierVersion(layout: StateLayout, results: ResultStore): string | null {
  if (readVersion(layout) === RECORD_VERSION) return null;
  const hasOutdated = listRecords(layout).some(({ name }) => results.read(name).outdated);
  return hasOutdated
    ? 'the cache holds results of an earlier version of this program, which this one cannot use: ' +
        'their nodes run again; pipeline cache gc removes them'
    : null;
}

/** Notes in the cache that it is of this version, and that what is older was told of. */
export function noteVersion(layout: StateLayout): void {
  if (readVersion(layout) === RECORD_VERSION) return;
  writeFileAtomic(layout.cacheVersion, `${RECORD_VERSION}\n`, layout.temporary);
}

/** NaN where the cache has none. */
function readVersion(layout: StateLayout): number {
  try {
    return Number.parseInt(readFileSync(layout.cacheVersion, 'utf8'), 10);
  } catch {
    return Number.NaN;
  }
}
