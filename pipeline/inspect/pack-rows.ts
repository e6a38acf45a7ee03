/** Inspection, what is recalled: rows as columns for a file. */

import { STAMP_NUMBERS } from '../fingerprint/file-stamp.ts';
import type { ContentId } from '../fingerprint/record.ts';
import { bytesOf, doublesOf, packColumns } from '../system/columns.ts';
import { PROGRAM } from '../system/memo-file.ts';
import { copyEntries, copyLines, NOWHERE } from './copy-entries.ts';
import { Numbering } from './numbering.ts';
import {
  DIGEST_BYTES,
  FORM,
  KINDS,
  KNOWN,
  KNOWN_BUT_KEYS,
  NOTHING,
  PATH_END,
  ROW_END,
} from './recall-columns.ts';
import type { RecallRow, RecallTable } from './recall-table.ts';

/**
 * Packs rows. Of a path that two rows saw with different contents, the later row is left out. What
 * stays of the table before is copied as it stands there: to unpack ten thousand rows and pack them
 * again because one changed took 48 ms, to copy them takes 27 (diamond graph, under a profile).
 *
 * @param rows by the place of their node; a number is the place of a row in the table before,
 * undefined stands where nothing is known
 * @param declared what the graph says of these nodes, see {@link digestDeclared}
 */
export function packRows(
  rows: readonly (RecallRow | number | undefined)[],
  before: RecallTable,
  declared: Uint8Array,
): Uint8Array {
  const packer = new RowPacker(rows.length, before);
  for (const [place, row] of rows.entries()) {
    packer.begin(place);
    if (typeof row === 'number') packer.keep(place, row);
    else if (row !== undefined) packer.add(place, row);
  }
  return packer.pack(declared);
}

/** Collects rows, in the order of their places. */
class RowPacker {
  readonly #before: RecallTable;
  /** Rows that are new. */
  readonly #rows = new Map<number, RecallRow>();
  /** Of each place, where its row stood before. */
  readonly #places: Int32Array;
  readonly #known: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #references: number[] = [];
  readonly #observed: Uint32Array;
  readonly #summaries: Uint32Array;
  readonly #texts: Numbering;
  readonly #paths: Numbering;
  /** Of each path, what stood there, or the number of the path before where that is to be found. */
  readonly #contents: (ContentId | number)[] = [];

  constructor(length: number, before: RecallTable) {
    this.#before = before;
    this.#places = new Int32Array(length).fill(NOWHERE);
    this.#known = new Uint8Array(length);
    this.#starts = new Uint32Array(length + 1);
    this.#observed = new Uint32Array(length);
    this.#summaries = new Uint32Array(length);
    this.#texts = new Numbering(before.columns.texts);
    this.#paths = new Numbering(before.columns.paths);
  }

  begin(place: number): void {
    this.#starts[place] = this.#references.length;
  }

  keep(place: number, from: number): void {
    const { known, observed, summaries } = this.#before.columns;
    const paths = this.#before.pathsOf(from);
    const isKnown = this.#before.has(from);
    if (!isKnown || paths.some((path) => this.#isOther(this.#paths.findKept(path), path))) return;
    this.#places[place] = from;
    this.#known[place] = known[from] ?? NOTHING;
    this.#observed[place] = this.#texts.keep(observed[from] ?? 0);
    this.#summaries[place] = this.#texts.keep(summaries[from] ?? 0);
    for (const path of paths) this.#refer(this.#paths.keep(path), path);
  }

  add(place: number, row: RecallRow): void {
    if (row.paths.some(({ path, content }) => this.#isOther(this.#paths.find(path), content)))
      return;
    this.#rows.set(place, row);
    this.#known[place] = row.hasMutable ? KNOWN_BUT_KEYS : KNOWN;
    this.#observed[place] = this.#texts.of(row.observed);
    this.#summaries[place] = this.#texts.of(row.summary);
    for (const { path, content } of row.paths) this.#refer(this.#paths.of(path), content);
  }

  pack(declared: Uint8Array): Uint8Array {
    const { fingerprints, stamps, outputs, origins } = this.#before.columns;
    const newFingerprints = Buffer.from(
      copyEntries(fingerprints, DIGEST_BYTES, this.#places).buffer,
    );
    const newStamps = doublesOf(copyEntries(bytesOf(stamps), STAMP_NUMBERS * 8, this.#places));
    for (const [place, { fingerprint, stamp }] of this.#rows) {
      newFingerprints.write(fingerprint, place * DIGEST_BYTES, 'hex');
      newStamps.set(stamp, place * STAMP_NUMBERS);
    }
    this.#starts[this.#places.length] = this.#references.length;
    return packColumns(FORM, [
      Buffer.from(PROGRAM),
      declared,
      this.#known,
      newFingerprints,
      bytesOf(newStamps),
      bytesOf(this.#starts),
      bytesOf(Uint32Array.from(this.#references)),
      bytesOf(this.#observed),
      bytesOf(this.#summaries),
      Buffer.from(this.#texts.all().join(ROW_END)),
      Buffer.from(this.#paths.all().join(PATH_END)),
      ...this.#packContents(),
      copyLines(outputs, this.#places, (place) => this.#rows.get(place)?.outputs ?? ''),
      copyLines(origins, this.#places, (place) => this.#rows.get(place)?.origin ?? ''),
    ]);
  }

  #packContents(): [kinds: Uint8Array, digests: Uint8Array] {
    const numbers = this.#contents.map((one) => (typeof one === 'number' ? one : NOWHERE));
    const kinds = copyEntries(this.#before.columns.kinds, 1, numbers);
    const digests = Buffer.from(
      copyEntries(this.#before.columns.digests, DIGEST_BYTES, numbers).buffer,
    );
    for (const [path, content] of this.#contents.entries()) {
      if (typeof content === 'number') continue;
      kinds[path] = KINDS.findIndex((kind) => content[0] === kind[0]);
      digests.write(content.slice(content.indexOf(':') + 1), path * DIGEST_BYTES, 'hex');
    }
    return [kinds, digests];
  }

  #refer(path: number, content: ContentId | number): void {
    this.#contents[path] = content;
    this.#references.push(path);
  }

  /** Whether a row before saw another content at a path. */
  #isOther(path: number, content: ContentId | number): boolean {
    const seen = this.#contents[path];
    if (seen === undefined || seen === content) return false;
    return this.#contentOf(seen) !== this.#contentOf(content);
  }

  #contentOf(content: ContentId | number): ContentId {
    return typeof content === 'number' ? this.#before.contentAt(content) : content;
  }
}
