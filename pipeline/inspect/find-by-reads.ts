/**
 * Inspection of nodes with `inputs: auto`: which earlier result read what stands there now. Its record
 * names what it had read, so that any later change there leads to another fingerprint.
 */

import { hashDeclared, type ReadSets } from '../cache/read-sets.ts';
import type { FoundResult, ResultStore } from '../cache/results.ts';
import { readState } from '../fingerprint/found-states.ts';
import type { InputTools } from '../fingerprint/read-input.ts';
import {
  type Fingerprint,
  type FingerprintRecord,
  type FoundStates,
  hashRecord,
} from '../fingerprint/record.ts';
import type { Graph } from '../graph/types.ts';

/** What finding reads. */
export interface FindingTools extends InputTools {
  readonly results: ResultStore;
  readonly reads: ReadSets;
}

/** A record as it is today, with what is filed under it. */
export interface FiledRecord extends Pick<FoundResult, 'result' | 'damaged'> {
  readonly record: FingerprintRecord;
  readonly fingerprint: Fingerprint;
}

/**
 * The record of a node with what it was seen to read: of the earlier readings the one to which a result
 * belongs as things stand now; where there is none, the newest, by which it is known what changed.
 *
 * @param declared its record by all that is declared
 */
export function findByReads(
  graph: Graph,
  declared: FingerprintRecord,
  tools: FindingTools,
): FiledRecord {
  const states = new Map<string, string>();
  const file = (keys: readonly string[]): FiledRecord => {
    const found: FoundStates = Object.fromEntries(
      keys.map((key) => {
        const state = states.get(key) ?? readState(key, graph, tools);
        states.set(key, state);
        return [key, state];
      }),
    );
    const record = { ...declared, found };
    const fingerprint = hashRecord(record);
    const { result, damaged } = tools.results.find(fingerprint);
    return { record, fingerprint, result, damaged };
  };
  let newest: FiledRecord | undefined;
  for (const keys of tools.reads.list(hashDeclared(declared))) {
    const filed = file(keys);
    if (filed.result !== null) return filed;
    // A damaged record is put aside by whoever finds it first.
    if (newest === undefined || (filed.damaged && !newest.damaged)) newest = filed;
  }
  return newest ?? file([]);
}
