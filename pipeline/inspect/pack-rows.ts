/** Inspection, what is recalled: rows as columns for a file. */

import { STAMP_NUMBERS as NUMBERS } from '../fingerprint/file-stamp.ts';
import { bytesOf, packColumns } from '../system/columns.ts';
import { PROGRAM } from '../system/memo-file.ts';
import {
  DIGEST_BYTES,
  FORM,
  KINDS,
  KNOWN,
  KNOWN_BUT_KEYS,
  PATH_END,
  type RecallRow,
  ROW_END,
} from './recall-table.ts';

/**
 * Packs rows. Of a path that two rows saw with different contents, the later row is left out.
 *
 * @param rows by the place of their node; undefined where nothing is known
 * @param declared what the graph says of these nodes, see {@link digestDeclared}
 */
export function packRows(
  rows: readonly (RecallRow | undefined)[],
  declared: Uint8Array,
): Uint8Array {
  const known = new Uint8Array(rows.length);
  const fingerprints = Buffer.alloc(rows.length * DIGEST_BYTES);
  const stamps = new Float64Array(rows.length * NUMBERS);
  const starts = new Uint32Array(rows.length + 1);
  const references: number[] = [];
  const observed = new Uint32Array(rows.length);
  const summaries = new Uint32Array(rows.length);
  const texts = new Numbering();
  const paths = new Numbering();
  const contents: string[] = [];
  for (const [place, row] of rows.entries()) {
    starts[place] = references.length;
    if (row?.paths.some(({ path, content }) => (contents[paths.find(path)] ?? content) !== content))
      continue;
    if (row === undefined) continue;
    known[place] = row.hasMutable ? KNOWN_BUT_KEYS : KNOWN;
    fingerprints.write(row.fingerprint, place * DIGEST_BYTES, 'hex');
    stamps.set(row.stamp, place * NUMBERS);
    observed[place] = texts.of(row.observed);
    summaries[place] = texts.of(row.summary);
    for (const { path, content } of row.paths) {
      const reference = paths.of(path);
      contents[reference] = content;
      references.push(reference);
    }
  }
  starts[rows.length] = references.length;
  const kinds = Uint8Array.from(contents, (content) => KINDS.findIndex((k) => content[0] === k[0]));
  const digests = contents.map((content) => content.slice(content.indexOf(':') + 1)).join('');
  return packColumns(FORM, [
    Buffer.from(PROGRAM),
    known,
    fingerprints,
    bytesOf(stamps),
    bytesOf(starts),
    bytesOf(Uint32Array.from(references)),
    bytesOf(observed),
    bytesOf(summaries),
    Buffer.from(texts.all().join(ROW_END)),
    Buffer.from(paths.all().join(PATH_END)),
    kinds,
    Buffer.from(digests, 'hex'),
    Buffer.from(rows.map((row) => row?.outputs ?? '').join(ROW_END)),
    declared,
    Buffer.from(rows.map((row) => row?.origin ?? '').join(ROW_END)),
  ]);
}

/** Gives each text a number, the same one again. */
class Numbering {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** -1 for a text that has none. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }

  all(): string[] {
    return [...this.#numbers.keys()];
  }
}
