import type { Stats } from 'node:fs';
import type { Fingerprint } from '../fingerprint/record.ts';
import { readMemo, writeMemo } from '../system/memo-file.ts';
import type { ActionRecord } from './actions.ts';

/** A record without what whoever asks for it knows already. */
export type KeptAction = Omit<ActionRecord, 'record' | 'fingerprint' | 'schema'>;

type Stamp = readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];

/** Of a row, the provenance that many share is a list of places in a list of texts. */
type Row = readonly [
  Fingerprint,
  ...Stamp,
  outputs: KeptAction['outputs'],
  summary: KeptAction['summary'],
  sources: KeptAction['sources'],
  log: KeptAction['log'],
  startedAt: string,
  seconds: number,
  /** Host, engine, Node and run. */
  shared: readonly number[],
  accepted: NonNullable<KeptAction['accepted']> | null,
  undeclared: NonNullable<KeptAction['undeclared']> | null,
];

/** Changes with the form of the file. */
const FORM = 3;

/**
 * Records that were read and found sound, valid while their file has its stamp. Ten thousand files
 * take ten times as long to read and check as to look at.
 */
export class ActionMemo {
  readonly #path: string;
  readonly #rows = new Map<Fingerprint, Row>();
  /** Text → its place in the list that the rows share. */
  readonly #places = new Map<string, number>();
  readonly #texts: string[] = [];
  #changed = false;

  /** @param path file that keeps the memo; losing it costs time only */
  constructor(path: string) {
    this.#path = path;
    const kept = readMemo(path);
    if (kept === null) return;
    const { form, texts, rows } = JSON.parse(kept.toString('utf8')) as {
      form: number;
      texts: readonly string[];
      rows: readonly Row[];
    };
    if (form !== FORM) return;
    for (const text of texts) this.#placeOf(text);
    for (const row of rows) this.#rows.set(row[0], row);
  }

  /** What the record held when its file last looked like this. */
  find(fingerprint: Fingerprint, stats: Stats): KeptAction | undefined {
    const row = this.#rows.get(fingerprint);
    const isSame =
      row !== undefined &&
      row[1] === stats.size &&
      row[2] === stats.mtimeMs &&
      row[3] === stats.ctimeMs &&
      row[4] === stats.ino;
    if (!isSame) return undefined;
    const [
      ,
      ,
      ,
      ,
      ,
      outputs,
      summary,
      sources,
      log,
      startedAt,
      seconds,
      shared,
      accepted,
      undeclared,
    ] = row;
    const [host = '', engine = '', node = '', run = ''] = shared.map((place) => this.#texts[place]);
    const provenance = { startedAt, seconds, host, engine, node, run };
    const kept = { outputs, summary, sources, log, provenance };
    return {
      ...kept,
      ...(accepted === null ? {} : { accepted }),
      ...(undeclared === null ? {} : { undeclared }),
    };
  }

  /** Keeps a sound record. */
  keep(action: ActionRecord, { size, mtimeMs, ctimeMs, ino }: Stats): void {
    const {
      fingerprint,
      outputs,
      summary,
      sources,
      log,
      accepted = null,
      undeclared = null,
    } = action;
    const { startedAt, seconds, host, engine, node, run } = action.provenance;
    const shared = [host, engine, node, run].map((text) => this.#placeOf(text));
    const stamp = [size, mtimeMs, ctimeMs, ino] as const;
    this.#rows.set(fingerprint, [
      fingerprint,
      ...stamp,
      outputs,
      summary,
      sources,
      log,
      startedAt,
      seconds,
      shared,
      accepted,
      undeclared,
    ]);
    this.#changed = true;
  }

  /** @param asideFolder see {@link writeMemo} */
  save(asideFolder: string): void {
    if (!this.#changed) return;
    const rows = [...this.#rows.values()];
    writeMemo(this.#path, JSON.stringify({ form: FORM, texts: this.#texts, rows }), asideFolder);
    this.#changed = false;
  }

  #placeOf(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }
}
