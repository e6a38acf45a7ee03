/** What a cache holds and what is wrong with it, in text. */

import type { CacheFault } from '../../cache/scrub.ts';
import { countOf } from '../../progress/units.ts';
import type { CacheStats, ScrubbedCache } from '../../session/look-after-cache.ts';
import { formatSize } from './sizes.ts';

/** What a cache holds, for people. @param quarantine the folder of its damaged files */
export function formatStats(stats: CacheStats, quarantine: string): string {
  const { results, objects, bytes, outputBytes, seconds, quarantined, outdated } = stats;
  const saved = outputBytes > bytes ? `, which stand for ${formatSize(outputBytes)}` : '';
  return [
    `${countOf(results, 'result')} that took ${Math.round(seconds)} s to make`,
    `${countOf(objects, 'object')}, ${formatSize(bytes)}${saved}`,
    ...(outdated > 0
      ? [
          `${countOf(outdated, 'result')} of an earlier version, of no use: pipeline cache gc removes them`,
        ]
      : []),
    ...(quarantined > 0 ? [`${quarantined} in quarantine: ${quarantine}`] : []),
  ].join('\n');
}

/** What scrubbing a cache has found, for people. @param repaired whether damage was put out of the way */
export function formatScrub({ report, quarantine }: ScrubbedCache, repaired: boolean): string {
  const { faults, objects, bytes, records } = report;
  const looked = `${countOf(objects, 'object')} (${formatSize(bytes)}) and ${countOf(records, 'result')}`;
  const found = faults.length === 0 ? 'all sound' : countOf(faults.length, 'fault');
  const lines = [...faults.map(describeFault), `${looked}: ${found}`];
  if (faults.length > 0) {
    lines.push(
      repaired
        ? `what was damaged is in ${quarantine}; the next run makes it again`
        : 'pipeline cache repair puts what is damaged out of the way; the next run makes it again',
    );
  }
  return lines.join('\n');
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
