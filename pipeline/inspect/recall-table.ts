/** Inspection: what is recalled of nodes, as rows that are asked. */

import type { Stats } from 'node:fs';
import { type FileStamp, hasStamp, STAMP_NUMBERS as NUMBERS } from '../fingerprint/file-stamp.ts';
import type { ContentId, Fingerprint } from '../fingerprint/record.ts';
import { textOf } from '../system/columns.ts';
import {
  DIGEST_BYTES,
  KINDS,
  KNOWN_BUT_KEYS,
  NOTHING,
  openColumns,
  type RecallColumns,
  ROW_END,
} from './recall-columns.ts';

/** A path of the workspace, and what stood there. */
export interface RecallPath {
  readonly path: string;
  readonly content: ContentId;
}

/** What was looked at to find a node up to date, and what the answer was. */
export interface RecallRow {
  readonly fingerprint: Fingerprint;
  /** Stamp that the file of the result record has. */
  readonly stamp: FileStamp;
  /** What else decides the node, as text; see {@link formatObserved}. */
  readonly observed: string;
  /** Inputs from the workspace, and outputs that are compared as they are. */
  readonly paths: readonly RecallPath[];
  /** There are outputs of which some keys do not count. */
  readonly hasMutable: boolean;
  /** JSON of the result's outputs, of its summary, and of what else its record holds. */
  readonly outputs: string;
  readonly summary: string;
  readonly origin: string;
}

/**
 * Rows of the nodes of a graph, in the graph's order. They stay packed, because a command that finds
 * nothing changed asks each row the same few questions.
 */
export class RecallTable {
  readonly columns: RecallColumns;
  readonly #fingerprints: string;
  readonly #digests: string;
  readonly #outputs: LazyLines;
  readonly #origins: LazyLines;

  /** @param pack what {@link packRows} made; of another program, or damaged, it has no rows */
  constructor(pack: Uint8Array) {
    this.columns = openColumns(pack);
    this.#fingerprints = Buffer.from(this.columns.fingerprints).toString('hex');
    this.#digests = Buffer.from(this.columns.digests).toString('hex');
    this.#outputs = new LazyLines(this.columns.outputs);
    this.#origins = new LazyLines(this.columns.origins);
  }

  /** How many paths the nodes have together. */
  get pathCount(): number {
    return this.columns.kinds.length;
  }

  has(place: number): boolean {
    return (this.columns.known[place] ?? NOTHING) !== NOTHING;
  }

  hasMutable(place: number): boolean {
    return this.columns.known[place] === KNOWN_BUT_KEYS;
  }

  fingerprintAt(place: number): Fingerprint {
    return sliceDigest(this.#fingerprints, place) as Fingerprint;
  }

  /** Whether the file of the result record looks as it did. */
  hasStamp(place: number, stats: Stats): boolean {
    return hasStamp(stats, this.columns.stamps, place * NUMBERS);
  }

  observedAt(place: number): string {
    return this.#textAt(this.columns.observed[place]);
  }

  summaryAt(place: number): string {
    return this.#textAt(this.columns.summaries[place]);
  }

  outputsAt(place: number): string {
    return this.#outputs.at(place);
  }

  originAt(place: number): string {
    return this.#origins.at(place);
  }

  /** The numbers of a node's paths, among those of all nodes. */
  pathsOf(place: number): Uint32Array {
    const { references, starts } = this.columns;
    return references.subarray(starts[place], starts[place + 1]);
  }

  pathAt(reference: number): string {
    return this.columns.paths[reference] ?? '';
  }

  kindAt(reference: number): (typeof KINDS)[number] {
    return KINDS[this.columns.kinds[reference] ?? 0] ?? 'file';
  }

  digestAt(reference: number): string {
    return sliceDigest(this.#digests, reference);
  }

  contentAt(reference: number): ContentId {
    return `${this.kindAt(reference)}:${this.digestAt(reference)}`;
  }

  #textAt(number = 0): string {
    return this.columns.texts[number] ?? '';
  }
}

/** Lines of a column, split when the first is asked for. */
class LazyLines {
  readonly #column: Uint8Array;
  #lines: readonly string[] | undefined;

  constructor(column: Uint8Array) {
    this.#column = column;
  }

  at(place: number): string {
    this.#lines ??= textOf(this.#column).split(ROW_END);
    return this.#lines[place] ?? '';
  }
}

function sliceDigest(digests: string, place: number): string {
  const length = DIGEST_BYTES * 2;
  return digests.slice(place * length, (place + 1) * length);
}
