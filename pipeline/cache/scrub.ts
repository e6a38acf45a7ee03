/** `cache scrub`: hashes everything again, and puts what is damaged aside. */

import { existsSync } from 'node:fs';
import type { Digest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { StateLayout } from '../system/layout.ts';
import { Pauses } from '../system/pauses.ts';
import { listAboutObjects, listObjects, listOutputObjects, listRecords } from './inventory.ts';
import { ObjectStore } from './objects.ts';
import type { ResultRecord, ResultStore } from './results.ts';

/** Something in the cache that is not as it was written. */
export type CacheFault =
  | { readonly kind: 'damaged-object'; readonly digest: Digest }
  | { readonly kind: 'damaged-record'; readonly fingerprint: Fingerprint }
  /** An output of a result is gone: the result cannot be restored. */
  | {
      readonly kind: 'lost-output';
      readonly fingerprint: Fingerprint;
      readonly node: string;
      readonly digest: Digest;
    }
  /** A log or a source text is gone: the result stands, but says less of itself. */
  | {
      readonly kind: 'lost-detail';
      readonly fingerprint: Fingerprint;
      readonly node: string;
      readonly digest: Digest;
    };

/** What was looked at, and what was wrong. */
export interface ScrubReport {
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
  readonly faults: readonly CacheFault[];
}

/**
 * Hashes every object and reads every record again. Changes nothing.
 *
 * @throws a system error where something cannot be read
 */
export async function scrubCache(layout: StateLayout, results: ResultStore): Promise<ScrubReport> {
  const pauses = new Pauses();
  const faults: CacheFault[] = [];
  const store = new ObjectStore(layout);
  const objects = listObjects(layout);
  const damaged = new Set<Digest>();
  for (const { name } of objects) {
    await pauses.take();
    // One that is missing was collected meanwhile.
    if (store.check(name) !== 'damaged') continue;
    damaged.add(name);
    faults.push({ kind: 'damaged-object', digest: name });
  }
  const isLost = (digest: Digest) => damaged.has(digest) || !existsSync(layout.object(digest));
  const records = listRecords(layout);
  for (const { name: fingerprint } of records) {
    await pauses.take();
    const { result, damaged: isDamaged } = results.read(fingerprint);
    if (isDamaged) faults.push({ kind: 'damaged-record', fingerprint });
    // What came from a remote cache may be there alone: it is fetched when it is read.
    if (result === null || result.pulled !== undefined) continue;
    const { node } = result.record;
    const lost = new Set(listOutputObjects(result, layout).filter(isLost));
    for (const digest of lost) faults.push({ kind: 'lost-output', fingerprint, node, digest });
    for (const digest of new Set(listAboutObjects(result, layout).filter(isLost))) {
      if (!lost.has(digest)) faults.push({ kind: 'lost-detail', fingerprint, node, digest });
    }
  }
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return { objects: objects.length, records: records.length, bytes, faults };
}

/**
 * Puts damaged objects and records into quarantine, with the records of results that are lost, so
 * that the next run makes them again. A record that lost a detail forgets it.
 *
 * @throws a system error where something cannot be moved
 */
export function repairCache(
  faults: readonly CacheFault[],
  objects: ObjectStore,
  results: ResultStore,
): void {
  for (const fault of faults) {
    switch (fault.kind) {
      case 'damaged-object':
        objects.verify(fault.digest);
        break;
      case 'damaged-record':
      case 'lost-output':
        results.quarantine(fault.fingerprint);
        break;
      case 'lost-detail': {
        const { result } = results.read(fault.fingerprint);
        if (result !== null) results.write(withoutDetail(result, fault.digest));
        break;
      }
      default:
        fault satisfies never;
    }
  }
}

function withoutDetail(result: ResultRecord, digest: Digest): ResultRecord {
  return result.log === digest ? { ...result, log: null } : { ...result, sources: null };
}
