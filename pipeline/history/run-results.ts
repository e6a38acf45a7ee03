/** What a past run's nodes gave: from its event log, and from the results that it relied on. */

import { type ResultRecord, ResultStore } from '../cache/results.ts';
import { readNote } from '../cache/usage.ts';
import type { JsonObject } from '../contract/values.ts';
import { isDigest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { StateLayout } from '../system/layout.ts';
import { type KeptRun, readAccount } from './account.ts';
import { objectMember, readEventLines, textMember } from './logged-event.ts';
import { readEventLog } from './read-events.ts';

/** What a run had of one node. */
export interface NodeResult {
  readonly node: string;
  /** What the run says became of it. */
  readonly outcome: 'executed' | 'cached' | 'failed' | 'skipped';
  readonly summary: JsonObject;
  /** The result; null where the log does not tell which it was, or it is gone. */
  readonly record: ResultRecord | null;
}

/** The nodes that a run tells of, by name, with the results that it relied on. */
export function readRunResults(run: KeptRun, layout: StateLayout): ReadonlyMap<string, NodeResult> {
  const own = run.isPilot ? layout.pilot : layout;
  const results = new ResultStore(own);
  const records = new Map<string, ResultRecord>();
  const note = (fingerprint: string) => {
    const { result } = results.read(fingerprint as Fingerprint);
    if (result !== null) records.set(result.record.node, result);
  };
  const { used } = readAccount(run, layout);
  if (used !== null) for (const fingerprint of readNote(used, own)) note(fingerprint);
  const nodes = new Map<string, Omit<NodeResult, 'record'>>();
  for (const event of readEventLines(readEventLog(run.folder))) {
    const node = textMember(event, 'node');
    const outcome = outcomeOf(event.type, event['outcome']);
    if (node === null || outcome === null) continue;
    nodes.set(node, { node, outcome, summary: objectMember(event, 'summary') });
    const fingerprint = textMember(event, 'fingerprint');
    if (used === null && isDigest(fingerprint)) note(fingerprint);
  }
  return new Map(
    [...nodes].map(([node, one]) => [node, { ...one, record: records.get(node) ?? null }]),
  );
}

function outcomeOf(type: string, outcome: unknown): NodeResult['outcome'] | null {
  if (type === 'node-failed') return 'failed';
  if (type === 'node-skipped') return 'skipped';
  if (type !== 'node-finished') return null;
  return outcome === 'cached' ? 'cached' : 'executed';
}
