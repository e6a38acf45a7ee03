/** Inspection: how what is recalled of nodes stands in a file. */

import type { Stats } from 'node:fs';
import {
  type FileStamp,
  hasStamp,
  STAMP_NUMBERS as NUMBERS,
  stampAt,
} from '../fingerprint/file-stamp.ts';
import type { ContentId, Fingerprint } from '../fingerprint/record.ts';
import { doublesOf, integersOf, textOf, unpackColumns } from '../system/columns.ts';
import { PROGRAM } from '../system/memo-file.ts';

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

/** Tells this table from others, and from its own earlier forms. */
export const FORM = 0x72_65_63_31;
/** Bytes of a SHA-256. */
export const DIGEST_BYTES = 32;
/** Each is told by its first letter. */
export const KINDS = ['file', 'tree', 'executable'] as const;
/** What is known of a node. */
const NOTHING = 0;
/** A node of which all that it made is compared. */
export const KNOWN = 1;
/** A node of which some keys of an output do not count. */
export const KNOWN_BUT_KEYS = 2;
/** JSON has no line breaks; paths have no zeros. */
export const ROW_END = '\n';
/** Between paths, which have none. */
export const PATH_END = '\0';

/**
 * Rows of the nodes of a graph, in the graph's order. They stay packed, because a command that finds
 * nothing changed asks each row the same few questions.
 */
export class RecallTable {
  /** What the graph said of the nodes, in the order of the rows; see {@link digestDeclared}. */
  readonly declared: Uint8Array;
  readonly #known: Uint8Array;
  readonly #fingerprints: string;
  readonly #stamps: Float64Array;
  /** Where the paths of each node begin among the references. */
  readonly #starts: Uint32Array;
  readonly #references: Uint32Array;
  readonly #texts: readonly string[];
  readonly #observed: Uint32Array;
  readonly #summaries: Uint32Array;
  readonly #paths: readonly string[];
  readonly #kinds: Uint8Array;
  readonly #digests: string;
  readonly #outputs: LazyLines;
  readonly #origins: LazyLines;

  /** @param pack what {@link packRows} made; of another program, or damaged, it has no rows */
  constructor(pack: Uint8Array) {
    const columns = unpackColumns(FORM, pack) ?? [];
    const isSame = columns[0] !== undefined && textOf(columns[0]) === PROGRAM;
    const column = (i: number) => (isSame ? columns[i] : undefined) ?? new Uint8Array();
    this.declared = column(13);
    this.#known = column(1);
    this.#fingerprints = Buffer.from(column(2)).toString('hex');
    this.#stamps = doublesOf(column(3));
    this.#starts = integersOf(column(4));
    this.#references = integersOf(column(5));
    this.#observed = integersOf(column(6));
    this.#summaries = integersOf(column(7));
    this.#texts = textOf(column(8)).split(ROW_END);
    this.#paths = textOf(column(9)).split(PATH_END);
    this.#kinds = column(10);
    this.#digests = Buffer.from(column(11)).toString('hex');
    this.#outputs = new LazyLines(column(12));
    this.#origins = new LazyLines(column(14));
  }

  /** How many paths the nodes have together. */
  get pathCount(): number {
    return this.#kinds.length;
  }

  has(place: number): boolean {
    return (this.#known[place] ?? NOTHING) !== NOTHING;
  }

  hasMutable(place: number): boolean {
    return this.#known[place] === KNOWN_BUT_KEYS;
  }

  fingerprintAt(place: number): Fingerprint {
    return sliceDigest(this.#fingerprints, place) as Fingerprint;
  }

  /** Whether the file of the result record looks as it did. */
  hasStamp(place: number, stats: Stats): boolean {
    return hasStamp(stats, this.#stamps, place * NUMBERS);
  }

  observedAt(place: number): string {
    return this.#texts[this.#observed[place] ?? 0] ?? '';
  }

  summaryAt(place: number): string {
    return this.#texts[this.#summaries[place] ?? 0] ?? '';
  }

  outputsAt(place: number): string {
    return this.#outputs.at(place);
  }

  originAt(place: number): string {
    return this.#origins.at(place);
  }

  /** The places of a node's paths, among those of all nodes. */
  pathsOf(place: number): Uint32Array {
    return this.#references.subarray(this.#starts[place], this.#starts[place + 1]);
  }

  pathAt(reference: number): string {
    return this.#paths[reference] ?? '';
  }

  kindAt(reference: number): (typeof KINDS)[number] {
    return KINDS[this.#kinds[reference] ?? 0] ?? 'file';
  }

  digestAt(reference: number): string {
    return sliceDigest(this.#digests, reference);
  }

  /** A row, unpacked; undefined where there is none. */
  rowAt(place: number): RecallRow | undefined {
    if (!this.has(place)) return undefined;
    return {
      fingerprint: this.fingerprintAt(place),
      stamp: stampAt(this.#stamps, place * NUMBERS),
      observed: this.observedAt(place),
      paths: Array.from(this.pathsOf(place), (reference) => ({
        path: this.pathAt(reference),
        content: `${this.kindAt(reference)}:${this.digestAt(reference)}` as const,
      })),
      hasMutable: this.hasMutable(place),
      outputs: this.outputsAt(place),
      summary: this.summaryAt(place),
      origin: this.originAt(place),
    };
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
