import { listOutdatedRecords } from '../cache/earlier-version.ts';
import { listFolder, listObjects, listRecords } from '../cache/inventory.ts';
import { ObjectStore } from '../cache/objects.ts';
import { ResultStore } from '../cache/results.ts';
import { type CacheFault, repairCache, scrubCache } from '../cache/scrub.ts';
import { countOf } from '../progress/units.ts';
import { checkState, findWorkspace } from '../session/open-session.ts';
import { removeTemporary } from '../system/files.ts';
import { StateLayout } from '../system/layout.ts';
import { makeOwnerName } from '../system/owner.ts';
import { formatSize } from './sizes.ts';

/** Options that every command on the cache has. */
export interface CacheOptions {
  readonly directory?: string;
  readonly json?: boolean;
}

/** `pipeline cache stats`: what the cache holds and how large it is. @returns the exit code */
export function cacheStatsCommand(options: CacheOptions): number {
  const layout = new StateLayout(findWorkspace(options.directory), makeOwnerName());
  checkState(layout, undefined);
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
  const quarantined = listFolder(layout.quarantine).length;
  const stats = {
    results: records.length,
    objects: objects.length,
    bytes,
    outputBytes,
    seconds,
    quarantined,
    outdated: outdated.size,
  };
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(stats)}\n`);
    return 0;
  }
  const saved = outputBytes > bytes ? `, which stand for ${formatSize(outputBytes)}` : '';
  process.stdout.write(
    `${countOf(stats.results, 'result')} that took ${Math.round(seconds)} s to make\n` +
      `${countOf(stats.objects, 'object')}, ${formatSize(bytes)}${saved}\n` +
      (outdated.size > 0
        ? `${countOf(outdated.size, 'result')} of an earlier version, of no use: pipeline cache gc removes them\n`
        : '') +
      (quarantined > 0 ? `${quarantined} in quarantine: ${layout.quarantine}\n` : ''),
  );
  return 0;
}

/**
 * `pipeline cache verify` and `repair`: hashes all objects and reads all records again; `repair`
 * puts what is damaged out of the way.
 *
 * @returns the exit code: 1 where something is damaged and stays so
 */
export function cacheScrubCommand(options: CacheOptions, repairs: boolean): number {
  const layout = new StateLayout(findWorkspace(options.directory), makeOwnerName());
  const results = new ResultStore(layout);
  checkState(layout, repairs ? 'cache repair' : undefined);
  const report = scrubCache(layout, results);
  if (repairs) {
    repairCache(report.faults, new ObjectStore(layout), results);
    removeTemporary(layout.temporary);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const fault of report.faults) process.stdout.write(`${describeFault(fault)}\n`);
    const looked = `${countOf(report.objects, 'object')} (${formatSize(report.bytes)}) and ${countOf(report.records, 'result')}`;
    const found = report.faults.length === 0 ? 'all sound' : countOf(report.faults.length, 'fault');
    process.stdout.write(`${looked}: ${found}\n`);
    if (report.faults.length > 0) {
      process.stdout.write(
        repairs
          ? `what was damaged is in ${layout.quarantine}; the next run makes it again\n`
          : 'pipeline cache repair puts what is damaged out of the way; the next run makes it again\n',
      );
    }
  }
  return report.faults.length > 0 && !repairs ? 1 : 0;
}

function describeFault(fault: CacheFault): string {
  switch (fault.kind) {
    case 'damaged-object':
      return `damaged: object ${fault.digest}`;
    case 'damaged-record':
      return `damaged: record ${fault.fingerprint}`;
    case 'lost-output':
      return `lost: an output of ${fault.node} (record ${fault.fingerprint.slice(0, 12)}), object ${fault.digest}`;
    case 'lost-detail':
      return `lost: log or code of ${fault.node} (record ${fault.fingerprint.slice(0, 12)}), object ${fault.digest}`;
    default:
      return fault satisfies never;
  }
}
