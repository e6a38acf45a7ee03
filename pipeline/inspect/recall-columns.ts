/** Inspection: the columns in which what is recalled of nodes stands in a file. */

import { doublesOf, integersOf, textOf, unpackColumns } from '../system/columns.ts';
import { PROGRAM } from '../system/memo-file.ts';

/** Tells these columns from others, and from their own earlier forms. */
export const FORM = 0x72_65_63_32;
/** Bytes of a SHA-256. */
export const DIGEST_BYTES = 32;
/** Each is told by its first letter. */
export const KINDS = ['file', 'tree', 'executable'] as const;
/** What is known of a node. */
export const NOTHING = 0;
/** A node of which all that it made is compared. */
export const KNOWN = 1;
/** A node of which some keys of an output do not count. */
export const KNOWN_BUT_KEYS = 2;
/** After each line and between texts: JSON has no line breaks. */
export const ROW_END = '\n';
/** Between paths, which have none. */
export const PATH_END = '\0';

/** What is known of nodes, by their place in the graph, and of paths, by their number. */
export interface RecallColumns {
  /** What the graph said of the nodes, in the order of the rows; see {@link digestDeclared}. */
  readonly declared: Uint8Array;
  readonly known: Uint8Array;
  /** {@link DIGEST_BYTES} a node. */
  readonly fingerprints: Uint8Array;
  /** Stamps of the files of result records, {@link STAMP_NUMBERS} a node. */
  readonly stamps: Float64Array;
  /** Where the paths of each node begin among the references; one more, where the last ends. */
  readonly starts: Uint32Array;
  /** Numbers of paths. */
  readonly references: Uint32Array;
  /** Numbers of texts. */
  readonly observed: Uint32Array;
  readonly summaries: Uint32Array;
  readonly texts: readonly string[];
  readonly paths: readonly string[];
  /** What stood at each path: of which of the {@link KINDS}, and its {@link DIGEST_BYTES}. */
  readonly kinds: Uint8Array;
  readonly digests: Uint8Array;
  /** Lines of JSON, one a node. */
  readonly outputs: Uint8Array;
  readonly origins: Uint8Array;
}

/** The columns of a pack; empty ones where it is of another program, or damaged. */
export function openColumns(pack: Uint8Array): RecallColumns {
  const columns = unpackColumns(FORM, pack) ?? [];
  const isSame = columns[0] !== undefined && textOf(columns[0]) === PROGRAM;
  const column = (i: number) => (isSame ? columns[i] : undefined) ?? new Uint8Array();
  return {
    declared: column(1),
    known: column(2),
    fingerprints: column(3),
    stamps: doublesOf(column(4)),
    starts: integersOf(column(5)),
    references: integersOf(column(6)),
    observed: integersOf(column(7)),
    summaries: integersOf(column(8)),
    texts: textOf(column(9)).split(ROW_END),
    paths: textOf(column(10)).split(PATH_END),
    kinds: column(11),
    digests: column(12),
    outputs: column(13),
    origins: column(14),
  };
}
