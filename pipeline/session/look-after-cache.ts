/**
 * `cache stats`, `verify` and `repair`, acting: on the cache alone, whatever `pipeline.yaml` says.
 */

import { listOutdatedRecords } from '../cache/earlier-version.ts';
import { listFolder, listObjects, listRecords } from '../cache/inventory.ts';
import { ObjectStore } from '../cache/objects.ts';
import { ResultStore } from '../cache/results.ts';
import { repairCache, type ScrubReport, scrubCache } from '../cache/scrub.ts';
import { withLayout } from './open-layout.ts';

/** What a cache holds. */
export interface CacheStats {
  readonly results: number;
  readonly objects: number;
  readonly bytes: number;
  /** What the outputs of all results would take if none had bytes in common. */
  readonly outputBytes: number;
  /** How long the results took to make. */
  readonly seconds: number;
  readonly quarantined: number;
  /** Results of an earlier version of this program. */
  readonly outdated: number;
}

/** A scrubbed cache, and where its damaged files go. */
export interface ScrubbedCache {
  readonly report: ScrubReport;
  /** Absolute path. */
  readonly quarantine: string;
}

/**
 * Counts what a cache holds.
 *
 * @param directory as it was typed; undefined for the nearest workspace
 * @returns the counts, and the folder of damaged files
 * @throws {UserMistakes} where there is no workspace, or it may not be read
 */
export function countCache(
  directory: string | undefined,
): Promise<{ readonly stats: CacheStats; readonly quarantine: string }> {
  return withLayout(directory, undefined, (layout) => {
    const results = new ResultStore(layout);
    const objects = listObjects(layout);
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    const outdated = new Set(listOutdatedRecords(layout, results).map(({ name }) => name));
    const records = listRecords(layout).filter(({ name }) => !outdated.has(name));
    let outputBytes = 0;
    let seconds = 0;
    for (const { name } of records) {
      const { result } = results.read(name);
      seconds += result?.provenance.seconds ?? 0;
      for (const { size } of Object.values(result?.outputs ?? {})) outputBytes += size;
    }
    const stats = {
      results: records.length,
      objects: objects.length,
      bytes,
      outputBytes,
      seconds,
      quarantined: listFolder(layout.quarantine).length,
      outdated: outdated.size,
    };
    return { stats, quarantine: layout.quarantine };
  });
}

/**
 * Hashes all objects of a cache and reads all records again.
 *
 * @param directory as it was typed; undefined for the nearest workspace
 * @param repairs puts what is damaged out of the way
 * @throws {UserMistakes} where there is no workspace, or it may not be read or written
 */
export function scrubWorkspace(
  directory: string | undefined,
  repairs: boolean,
): Promise<ScrubbedCache> {
  return withLayout(directory, repairs ? 'cache repair' : undefined, async (layout) => {
    const results = new ResultStore(layout);
    const report = await scrubCache(layout, results);
    if (repairs) repairCache(report.faults, new ObjectStore(layout), results);
    return { report, quarantine: layout.quarantine };
  });
}
