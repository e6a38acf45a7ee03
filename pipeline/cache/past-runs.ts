/** Keeping results: the past runs of a stage, and the lines that the index has of them. */

import { readFileSync } from 'node:fs';
import type { JsonObject } from '../contract/values.ts';
import { isDigest, stringifyCanonical } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { Cell } from '../graph/types.ts';
import { isErrorCode } from '../system/errors.ts';
import type { ResultRecord } from './results.ts';

/** A run that gave a result, as the index keeps it. */
export interface PastRun {
  readonly fingerprint: Fingerprint;
  readonly node: string;
  readonly cell: JsonObject;
  readonly startedAt: string;
  readonly seconds: number;
  /** How many CPUs it had on average; absent where that is not known. */
  readonly cpus?: number;
}

/** The past runs of one stage, the newest first. */
export class StageHistory {
  readonly #latest = new Map<Fingerprint, PastRun>();
  readonly #runs: PastRun[] = [];
  readonly #byNode = new Map<string, PastRun[]>();
  readonly #byCell = new Map<string, PastRun[]>();

  constructor(runs: readonly PastRun[]) {
    for (const run of [...runs].sort(newestFirst).reverse()) this.add(run);
  }

  /** Adds the newest run. A fingerprint that ran again has one record, the last. */
  add(run: PastRun): void {
    const replaced = this.#latest.get(run.fingerprint);
    this.#latest.set(run.fingerprint, run);
    for (const list of this.#listsOf(run)) {
      if (replaced !== undefined) list.splice(list.indexOf(replaced), 1);
      list.unshift(run);
    }
  }

  all(): readonly PastRun[] {
    return this.#runs;
  }

  ofNode(node: string, cell: Cell | JsonObject): readonly PastRun[] {
    const named = this.#byNode.get(node) ?? [];
    const twins = this.#byCell.get(stringifyCanonical(cell)) ?? [];
    const renamed = twins.filter((run) => run.node !== node);
    return renamed.length === 0 ? named : [...named, ...renamed].sort(newestFirst);
  }

  /** Name and cell are part of the fingerprint, so that a run again is in the same lists. */
  #listsOf({ node, cell }: PastRun): PastRun[][] {
    return [this.#runs, listAt(this.#byNode, node), listAt(this.#byCell, stringifyCanonical(cell))];
  }
}

/** What the index keeps of a result. */
export function toPastRun({ fingerprint, record, provenance }: ResultRecord): PastRun {
  const { node, cell } = record;
  const { startedAt, seconds, cpus } = provenance;
  return { fingerprint, node, cell, startedAt, seconds, ...(cpus === undefined ? {} : { cpus }) };
}

/** A line begins with its line break, so that one that a crash cut off spoils no other. */
export function formatLine(run: PastRun): string {
  return `\n${JSON.stringify(run)}`;
}

/** Compares two runs by when they started. */
export function newestFirst(a: PastRun, b: PastRun): number {
  return a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0;
}

/**
 * The lines of an index file; those that a crash cut off are passed over.
 *
 * @throws a system error where the file may not be read
 */
export function readLines(path: string): PastRun[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
  return parseLines(text);
}

/** The sound ones of some lines. */
export function parseLines(text: string): PastRun[] {
  return text.split('\n').flatMap((line) => {
    try {
      const run = JSON.parse(line) as PastRun;
      const sound =
        isDigest(run.fingerprint) &&
        typeof run.node === 'string' &&
        typeof run.seconds === 'number' &&
        ['number', 'undefined'].includes(typeof run.cpus) &&
        typeof run.startedAt === 'string' &&
        typeof run.cell === 'object';
      return sound ? [run] : [];
    } catch {
      return [];
    }
  });
}

function listAt(lists: Map<string, PastRun[]>, key: string): PastRun[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
