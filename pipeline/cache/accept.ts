import { join } from 'node:path';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import type { Inspection } from '../plan/inspect.ts';
import type { StateLayout } from '../system/layout.ts';
import type { ActionRecord, ActionStore } from './actions.ts';
import { listOutputObjects, listRecords, statIfThere } from './inventory.ts';
import { isInPlace } from './restore.ts';

/**
 * Finds the result that an edited node had before: the one whose outputs stand in the workspace,
 * else the latest. Null where there is none that could stand for it.
 */
export function findEarlierResult(
  { node, fingerprint }: Inspection,
  layout: StateLayout,
  actions: ActionStore,
  files: FileMemo,
): ActionRecord | null {
  const names = node.outputs.map(({ name }) => name).sort();
  const earlier = listRecords(layout)
    .flatMap(({ name }) => actions.read(name).action ?? [])
    .filter(
      (action) =>
        action.record.node === node.id &&
        action.fingerprint !== fingerprint &&
        Object.keys(action.outputs).sort().join() === names.join() &&
        listOutputObjects(action, layout).every(
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

/** The record that lets an earlier result stand for a node as it is now, and says so. */
export function acceptAsEqual(
  earlier: ActionRecord,
  { fingerprint, record, code }: Inspection,
  reason: string,
  acceptedAt: string,
): ActionRecord {
  return {
    ...earlier,
    fingerprint,
    record,
    sources: code?.sources ?? null,
    accepted: { from: earlier.fingerprint, reason, at: acceptedAt },
  };
}
