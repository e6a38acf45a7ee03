/** Code ingredients: what is remembered of closures that were traced, and forgotten where nothing asks for it. */

import { isForgotten, isToBeRenewed } from '../system/memo-age.ts';
import { readJsonMemo, writeJsonMemo } from '../system/memo-file.ts';
import type { Digest } from './canonical.ts';
import type { TracedCode } from './code-closure.ts';
import type { FileStamp } from './file-stamp.ts';

/** Name of the memo of code digests. */
export const CODE_MEMO = 'code';

/** Which code a stage runs. */
export interface CodeIdentity {
  /** Digest of the closure record; white space and comments do not change it. */
  readonly digest: Digest;
  /** Digest of a manifest of the texts as they are, for showing what changed. */
  readonly sources: Digest;
}

/** A closure traced earlier, valid while all that was read has its stamp. */
export interface TracedRow extends CodeIdentity {
  /** The bundles' folder from the workspace, really: another may lead to other packages. */
  readonly folder: string;
  readonly stamps: Readonly<Record<string, FileStamp | null>>;
  readonly listings: TracedCode['listings'];
  /** Folder of each package → its signature; null where it is not installed. */
  readonly packages: Readonly<Record<string, Digest | null>>;
  /** Digests of the bundles, as they were written. */
  readonly bundles: readonly Digest[];
  /** The day when it was last asked for, as days since the epoch. */
  readonly usedOn: number;
}

/** The rows of the memo of code digests. */
export class CodeRows {
  readonly #path: string;
  readonly #entries: Map<string, TracedRow>;
  /** By the name of a package's content. */
  readonly contents: Map<string, Digest>;
  #changed = false;

  /** @param path of the memo, which may be absent or damaged */
  constructor(path: string) {
    this.#path = path;
    const { entries, contents } = readRows(path);
    this.#entries = new Map(entries);
    this.contents = new Map(contents);
  }

  /** What is remembered of a stage module; undefined where that is nothing. */
  find(entry: string): TracedRow | undefined {
    return this.#entries.get(entry);
  }

  /** Notes that a row was asked for. @param today as days since the epoch */
  renew(entry: string, row: TracedRow, today: number): void {
    if (!isToBeRenewed(row.usedOn, today)) return;
    this.#entries.set(entry, { ...row, usedOn: today });
    this.#changed = true;
  }

  /** Remembers a closure, and the contents of packages that it rests on. */
  keep(entry: string, row: TracedRow, contents: readonly (readonly [string, Digest])[]): void {
    this.#entries.set(entry, row);
    for (const [name, digest] of contents) this.contents.set(name, digest);
    this.#changed = true;
  }

  /**
   * Writes the rows back, if any changed, but for those that nothing has asked for in long.
   *
   * @param asideFolder where the file is put together
   */
  save(today: number, asideFolder: string): void {
    if (!this.#changed) return;
    const entries = [...this.#entries].filter(([, { usedOn }]) => !isForgotten(usedOn, today));
    const used = new Set<string | null>(
      entries.flatMap(([, { packages }]) => Object.values(packages)),
    );
    const contents = [...this.contents].filter(([name]) => used.has(signatureIn(name)));
    const rows: Rows = { entries, contents };
    writeJsonMemo(this.#path, rows, asideFolder);
    this.#changed = false;
  }
}

interface Rows {
  readonly entries: readonly (readonly [string, TracedRow])[];
  readonly contents: readonly (readonly [string, Digest])[];
}

/** Nothing where the memo is absent, damaged or another program's. */
function readRows(path: string): Rows {
  return (readJsonMemo(path) ?? { entries: [], contents: [] }) as Rows;
}

/** The signature of a package in the name of its content. */
function signatureIn(name: string): string {
  return name.slice(name.indexOf(' ') + 1);
}
