/** `verify`: a figure's file and what it should be → the rows in which they differ. */

import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../contract/values.ts';
import { parseCsv } from './csv.ts';
import { readSpecRows } from './read-figure.ts';

/** A row, or a drawn element of an SVG, in which a file of a figure is not what it should be. */
export interface RowDifference {
  readonly kind: 'row' | 'element';
  /** From 1: in the data, or among the elements that have a label. */
  readonly place: number;
  readonly change: 'changed' | 'added' | 'removed';
  readonly fields: readonly FieldDifference[];
  /** The row as it should be, or as it is where it was added. */
  readonly values: JsonObject;
}

/** A field of a row; a side that lacks it is absent. */
export interface FieldDifference {
  readonly name: string;
  readonly made?: Json;
  readonly found?: Json;
}

/** In what two files with different bytes differ: in rows, or else where. */
export interface FileDifference {
  readonly rows: readonly RowDifference[];
  /** The first place that differs, where no row does. */
  readonly elsewhere: string | null;
}

/**
 * Compares a file with what it should be, by rows where its name says that it has some.
 *
 * @returns null where the bytes are the same
 */
export function compareFiles(made: string, found: string): FileDifference | null {
  const bytes = [readFileSync(made), readFileSync(found)] as const;
  if (bytes[0].equals(bytes[1])) return null;
  const [before, after] = [readRows(made, bytes[0]), readRows(found, bytes[1])];
  const kind = found.endsWith('.svg') ? 'element' : 'row';
  const rows = before === null || after === null ? [] : compareRows(kind, before, after);
  return { rows, elsewhere: rows.length > 0 ? null : findFirstDifference(...bytes) };
}

/** The rows in which two lists differ, matched by their places. */
export function compareRows(
  kind: RowDifference['kind'],
  made: readonly JsonObject[],
  found: readonly JsonObject[],
): RowDifference[] {
  const differences: RowDifference[] = [];
  for (let i = 0; i < Math.max(made.length, found.length); i++) {
    const [before, after] = [made[i], found[i]];
    const fields = compareFields(before ?? {}, after ?? {});
    const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    if (change === 'changed' && fields.length === 0) continue;
    differences.push({ kind, place: i + 1, change, fields, values: before ?? after ?? {} });
  }
  return differences;
}

function compareFields(made: JsonObject, found: JsonObject): FieldDifference[] {
  return [...new Set([...Object.keys(made), ...Object.keys(found)])].flatMap((name) => {
    const [before, after] = [made[name], found[name]];
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    return [
      {
        name,
        ...(before === undefined ? {} : { made: before }),
        ...(after === undefined ? {} : { found: after }),
      },
    ];
  });
}

function readRows(path: string, bytes: Buffer): readonly JsonObject[] | null {
  if (path.endsWith('.vl.json')) return readSpecRows(path);
  if (path.endsWith('.csv')) return parseCsv(bytes.toString('utf8'));
  return path.endsWith('.svg') ? readLabelled(bytes.toString('utf8')) : null;
}

/** The elements of an SVG that have a label, as their attributes. */
function readLabelled(svg: string): JsonObject[] {
  return [...svg.matchAll(/<\w[^>]*\baria-label="[^"]*"[^>]*>/g)].map(([tag]) =>
    Object.fromEntries(
      [...tag.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  );
}

function findFirstDifference(made: Buffer, found: Buffer): string {
  let at = 0;
  while (at < made.length && made[at] === found[at]) at++;
  if (isText(made) && isText(found)) {
    const lines = made.toString('latin1', 0, at).split('\n');
    return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  }
  return `byte ${at + 1} of ${found.length}`;
}

function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 1024).includes(0);
}
