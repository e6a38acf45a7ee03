/**
 * `accept-equal`: which earlier result may stand for an edited node, and the record that says so.
 */

import { join } from 'node:path';
import { listOutputObjects, statIfThere } from '../cache/inventory.ts';
import { isInPlace } from '../cache/restore.ts';
import type { ResultRecord } from '../cache/results.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import { stageOf } from '../graph/node-name.ts';
import type { GraphNode } from '../graph/types.ts';
import type { StateLayout } from '../system/layout.ts';
import type { Inspection } from './inspect.ts';

/**
 * Finds the result that an edited node had before: the one whose outputs stand in the workspace,
 * else the latest. Null where there is none that could stand for it.
 *
 * @param results all that the cache holds
 * @param former the name that the node, or its stage, had then
 */
export function findEarlierResult(
  { node, fingerprint }: Inspection,
  layout: StateLayout,
  results: readonly ResultRecord[],
  files: FileMemo,
  former: string = node.id,
): ResultRecord | null {
  const names = node.outputs.map(({ name }) => name).sort();
  const earlier = results
    .filter(
      (result) =>
        isNamed(result.record, former, node) &&
        result.fingerprint !== fingerprint &&
        Object.keys(result.outputs).sort().join() === names.join() &&
        listOutputObjects(result, layout).every(
          (digest) => statIfThere(layout.object(digest)) !== null,
        ),
    )
    .sort((a, b) => (a.provenance.startedAt < b.provenance.startedAt ? 1 : -1));
  const standing = earlier.find(({ outputs }) =>
    node.outputs.every(({ name, path }) => {
      const output = outputs[name];
      return output !== undefined && isInPlace(join(layout.workspace, path), output, files);
    }),
  );
  return standing ?? earlier[0] ?? null;
}

/** Whether a record is of a node of a name, or of the cell of a node in a stage of that name. */
function isNamed(record: FingerprintRecord, name: string, { cell }: GraphNode): boolean {
  if (record.node === name) return true;
  const hasCell = stringifyCanonical(record.cell) === stringifyCanonical(cell);
  return hasCell && stageOf(record.node) === name;
}

/** The record that lets an earlier result stand for a node as it is now, and says so. */
export function acceptAsEqual(
  earlier: ResultRecord,
  { fingerprint, record, code }: Inspection,
  reason: string,
  acceptedAt: string,
): ResultRecord {
  return {
    ...earlier,
    fingerprint,
    record,
    sources: code?.sources ?? null,
    accepted: { from: earlier.fingerprint, reason, at: acceptedAt },
  };
}
