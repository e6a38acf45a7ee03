import type { Stats } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import type { Fingerprint } from '../../../../pipeline/fingerprint/record.ts';
import { packRows } from '../../../../pipeline/inspect/pack-rows.ts';
import { type RecallRow, RecallTable } from '../../../../pipeline/inspect/recall-table.ts';

/** What the graph says of the nodes, which the table only keeps. */
const DECLARED = new Uint8Array(32);
const EMPTY = new RecallTable(new Uint8Array());

function makeRow(name: string, content: string, rest: Partial<RecallRow> = {}): RecallRow {
  return {
    fingerprint: hashBytes(name) as Fingerprint,
    stamp: [12, 1.5, 2.25, name.charCodeAt(0)],
    observed: '',
    paths: [
      { path: 'shared', content: `file:${hashBytes(content)}` },
      { path: `out/${name}`, content: `tree:${hashBytes(name)}` },
    ],
    hasMutable: false,
    outputs: `{"o":"${name}"}`,
    summary: '{}',
    origin: '{}',
    ...rest,
  };
}

/** The same, of a node that shares nothing with others. */
function makeLonely(name: string, content: string, rest: Partial<RecallRow> = {}): RecallRow {
  const paths = [{ path: name, content: `executable:${hashBytes(content)}` } as const];
  return makeRow(name, content, { paths, ...rest });
}

/** All that a table says of a row that it has. */
function readRow(table: RecallTable, place: number, stamp: RecallRow['stamp']): unknown {
  const [size, mtimeMs, ctimeMs, ino] = stamp;
  expect(table.hasStamp(place, { size, mtimeMs, ctimeMs, ino } as Stats)).toBe(true);
  return {
    fingerprint: table.fingerprintAt(place),
    stamp,
    observed: table.observedAt(place),
    paths: Array.from(table.pathsOf(place), (reference) => ({
      path: table.pathAt(reference),
      content: table.contentAt(reference),
    })),
    hasMutable: table.hasMutable(place),
    outputs: table.outputsAt(place),
    summary: table.summaryAt(place),
    origin: table.originAt(place),
  };
}

function readRows(table: RecallTable, rows: readonly (RecallRow | undefined)[]): unknown[] {
  return rows.map((row, place) =>
    row !== undefined && table.has(place) ? readRow(table, place, row.stamp) : undefined,
  );
}

const ROWS = [
  makeRow('a', 'x'),
  undefined,
  makeRow('b', 'x', {
    hasMutable: true,
    observed: '["é",null]',
    origin: '{"p":1}',
    summary: '{"n":1}',
  }),
  makeRow('c', 'x', { paths: [] }),
  makeLonely('d', 'x', { outputs: '{"ö":1}', summary: '{"n":2}' }),
];

describe('a table of recalled nodes', () => {
  it('gives back the rows that were packed, at their places', () => {
    const table = new RecallTable(packRows(ROWS, EMPTY, DECLARED));
    expect(ROWS.map((_, place) => table.has(place))).toEqual([true, false, true, true, true]);
    expect(readRows(table, ROWS)).toEqual(ROWS);
  });

  it('leaves out a row that saw a path with another content than a row before it', () => {
    const rows = [makeRow('a', 'x'), makeRow('b', 'y'), makeRow('c', 'x')];
    const table = new RecallTable(packRows(rows, EMPTY, DECLARED));
    expect(rows.map((_, place) => table.has(place))).toEqual([true, false, true]);
  });

  it('has no rows from anything else than a pack', () => {
    expect(new RecallTable(Buffer.from('x'.repeat(64))).has(0)).toBe(false);
  });

  /** By the place of a row now, the new row or the place of the one before. */
  const edited = makeLonely('d', 'edited', { summary: '{"n":3}', stamp: [1, 2, 3, 4] });
  it.each<[string, (RecallRow | number | undefined)[]]>([
    ['all of it', [0, 1, 2, 3, 4]],
    ['all but an edited row', [0, 1, 2, 3, edited]],
    ['what is around an edited row', [0, 1, 2, makeRow('c', 'x'), 4]],
    ['rows in another order', [4, 2, 0, 3, 1]],
    ['rows with one more among them', [0, makeRow('n', 'x', { observed: 'new' }), 2, 3, 4]],
    ['some rows', [2, 4]],
    ['all but a row of which nothing is known any more', [undefined, 1, 2, 3, 4]],
    ['what no row before saw otherwise', [makeRow('a', 'y'), 1, 2, 3, 4]],
    ['what saw paths as they were before, of a row that did not', [0, makeRow('n', 'y'), 2, 3]],
    ['nothing', []],
    ['nothing of a place where nothing stood', [-1, 0, 17]],
  ])('packs the same bytes whether rows are copied or new: %s', (_, rows) => {
    const before = new RecallTable(packRows(ROWS, EMPTY, DECLARED));
    const unpacked = rows.map((row) => (typeof row === 'number' ? ROWS[row] : row));
    const copied = packRows(rows, before, DECLARED);
    expect(Buffer.from(copied)).toEqual(Buffer.from(packRows(unpacked, EMPTY, DECLARED)));
    const table = new RecallTable(copied);
    const kept = unpacked.filter((__, place) => table.has(place));
    expect(readRows(table, unpacked).filter((row) => row !== undefined)).toEqual(kept);
  });
});
