/** Which objects belong to a result: those that are sent with it, and those that tell about it. */

import { statSync } from 'node:fs';
import { listAboutObjects, listOutputObjects } from '../cache/inventory.ts';
import type { ResultRecord } from '../cache/results.ts';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import type { StateLayout } from '../system/layout.ts';
import type { ListedObject } from './action-result.ts';

/** Objects that tell about a result and are not its outputs: its log, its code, lists of folders that it read. */
export function listTelling(result: ResultRecord): Digest[] {
  const { code, inputs } = result.record;
  const folders = Object.values(inputs)
    .flat()
    .flatMap(({ content }) => (content.startsWith('tree:') ? [content.slice(5)] : []));
  return [result.log, result.sources, code, ...folders].filter(isDigest);
}

/**
 * All objects of a result that are here, the outputs first.
 *
 * @returns null where one of an output is not here
 */
export function listSharedObjects(
  result: ResultRecord,
  layout: StateLayout,
): readonly ListedObject[] | null {
  const outputs = listOutputObjects(result, layout);
  const others = [...listAboutObjects(result, layout), ...listTelling(result)];
  const listed = new Map<Digest, ListedObject>();
  for (const digest of [...outputs, ...others]) {
    const stats = statSync(layout.object(digest), { throwIfNoEntry: false });
    if (stats !== undefined) listed.set(digest, { digest, size: stats.size });
  }
  return outputs.every((digest) => listed.has(digest)) ? [...listed.values()] : null;
}
