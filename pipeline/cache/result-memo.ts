/** Records read before: spares a look at ten thousand nodes the parsing of ten thousand files. */

import { readFileSync, type Stats } from 'node:fs';
import { hashBytes } from '../fingerprint/canonical.ts';
import { type FileStamp, hasStamp, stampOf } from '../fingerprint/file-stamp.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { appendLines, replaceFile } from '../system/memo-file.ts';

/** What was read, and the stamp that its file had. */
interface Entry<Result> {
  readonly stamp: FileStamp;
  readonly result: Result;
}

/** Letters of a line before its JSON: the start of the SHA-256 of the rest, and the fingerprint. */
const CHECK = 16;
const FINGERPRINT = 64;
/** So many lines may be out of date before the memo is written anew. */
const MOST_STALE = 1000;

/**
 * Records that were read and found sound, valid while their file has its stamp. Ten thousand files
 * take ten times as long to read and check as to look at. A run adds the lines of what it made or
 * read; a line that a crash cut off is passed over.
 */
export class ResultMemo<Result> {
  readonly #path: string;
  readonly #added = new Map<Fingerprint, Entry<Result>>();
  /** By fingerprint, not looked into yet; undefined before anything is asked for. */
  #lines: ReadonlyMap<string, string> | undefined;
  #staleLines = 0;
  /** Of the records that were found or kept in this process. */
  readonly #stamps = new Map<Fingerprint, FileStamp>();

  /** @param path file that keeps the memo; losing it costs time only */
  constructor(path: string) {
    this.#path = path;
  }

  /** What the record held when its file last looked like this. */
  find(fingerprint: Fingerprint, stats: Stats): Result | undefined {
    const entry = this.#entryOf(fingerprint);
    if (entry === undefined || !hasStamp(stats, entry.stamp)) return undefined;
    this.#stamps.set(fingerprint, entry.stamp);
    return entry.result;
  }

  /** The stamp under which a record was last found or kept by this process. */
  stampOf(fingerprint: Fingerprint): FileStamp | undefined {
    return this.#stamps.get(fingerprint);
  }

  /** Keeps what a sound record holds. */
  keep(fingerprint: Fingerprint, result: Result, stats: Stats): void {
    const stamp = stampOf(stats);
    this.#stamps.set(fingerprint, stamp);
    this.#added.set(fingerprint, { stamp, result });
  }

  /** @param asideFolder where a memo that is written anew is put together */
  save(asideFolder: string): void {
    if (this.#added.size === 0) return;
    const added = [...this.#added].map(([fingerprint, entry]) => formatLine(fingerprint, entry));
    this.#added.clear();
    if (this.#staleLines > MOST_STALE + (this.#lines?.size ?? 0)) {
      const text = [...(this.#lines?.values() ?? []), ...added].join('\n');
      replaceFile(this.#path, Buffer.from(text), asideFolder);
      return;
    }
    // The line break comes first, so that a line that a crash cut off spoils no other.
    appendLines(this.#path, `\n${added.join('\n')}`, asideFolder);
  }

  #entryOf(fingerprint: Fingerprint): Entry<Result> | undefined {
    const added = this.#added.get(fingerprint);
    if (added !== undefined) return added;
    this.#lines ??= this.#readLines();
    const line = this.#lines.get(fingerprint);
    return line === undefined ? undefined : parseLine(line);
  }

  #readLines(): ReadonlyMap<string, string> {
    const lines = new Map<string, string>();
    let count = 0;
    for (const line of readTextIfThere(this.#path).split('\n')) {
      if (line.length <= CHECK + FINGERPRINT) continue;
      count++;
      lines.set(line.slice(CHECK, CHECK + FINGERPRINT), line);
    }
    this.#staleLines = count - lines.size;
    return lines;
  }
}

function formatLine(fingerprint: Fingerprint, entry: Entry<unknown>): string {
  const rest = `${fingerprint}${JSON.stringify(entry)}`;
  return `${checkOf(rest)}${rest}`;
}

/** The entry of a line; undefined where it is not whole. */
function parseLine<Result>(line: string): Entry<Result> | undefined {
  const rest = line.slice(CHECK);
  if (checkOf(rest) !== line.slice(0, CHECK)) return undefined;
  return JSON.parse(rest.slice(FINGERPRINT)) as Entry<Result>;
}

function checkOf(text: string): string {
  return hashBytes(text).slice(0, CHECK);
}

function readTextIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
