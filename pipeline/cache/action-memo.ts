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
  shared: readonly [host: number, engine: number, node: number, run: number],
];

/** Changes with the form of the file. */
const FORM = 1;

/**
 * Records that were read and found sound, valid while their file has its stamp. Ten thousand files
 * take ten times as long to read and check as to look at.
 */
export class ActionMemo {
  readonly #path: string;
  readonly #rows = new Map<Fingerprint, { readonly stamp: Stamp; readonly action: KeptAction }>();
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
    const text = (place: number) => texts[place] ?? '';
    for (const row of rows) {
      const [fingerprint, size, mtimeMs, ctimeMs, inode, outputs, summary, sources, log] = row;
      const [host, engine, node, run] = row[11];
      const provenance = {
        startedAt: row[9],
        seconds: row[10],
        host: text(host),
        engine: text(engine),
        node: text(node),
        run: text(run),
      };
      const action = { outputs, summary, sources, log, provenance };
      this.#rows.set(fingerprint, { stamp: [size, mtimeMs, ctimeMs, inode], action });
    }
  }

  /** What the record held when its file last looked like this. */
  find(fingerprint: Fingerprint, stats: Stats): KeptAction | undefined {
    const row = this.#rows.get(fingerprint);
    if (row === undefined) return undefined;
    const [size, mtimeMs, ctimeMs, inode] = row.stamp;
    const same =
      size === stats.size &&
      mtimeMs === stats.mtimeMs &&
      ctimeMs === stats.ctimeMs &&
      inode === stats.ino;
    return same ? row.action : undefined;
  }

  /** Keeps a sound record. */
  keep(action: ActionRecord, { size, mtimeMs, ctimeMs, ino }: Stats): void {
    this.#rows.set(action.fingerprint, { stamp: [size, mtimeMs, ctimeMs, ino], action });
    this.#changed = true;
  }

  /** @param asideFolder see {@link writeMemo} */
  save(asideFolder: string): void {
    if (!this.#changed) return;
    const places = new Map<string, number>();
    const placeOf = (text: string) => {
      const place = places.get(text) ?? places.size;
      places.set(text, place);
      return place;
    };
    const rows = [...this.#rows].map(([fingerprint, { stamp, action }]): Row => {
      const { outputs, summary, sources, log, provenance } = action;
      const { startedAt, seconds, host, engine, node, run } = provenance;
      const shared = [placeOf(host), placeOf(engine), placeOf(node), placeOf(run)] as const;
      return [fingerprint, ...stamp, outputs, summary, sources, log, startedAt, seconds, shared];
    });
    const text = JSON.stringify({ form: FORM, texts: [...places.keys()], rows });
    writeMemo(this.#path, text, asideFolder);
    this.#changed = false;
  }
}
