import { describe, expect, it } from 'vitest';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import type { Fingerprint } from '../../../../pipeline/fingerprint/record.ts';
import { packRows } from '../../../../pipeline/inspect/pack-rows.ts';
import { type RecallRow, RecallTable } from '../../../../pipeline/inspect/recall-table.ts';

/** What the graph says of the nodes, which the table only keeps. */
const DECLARED = new Uint8Array(32);

function makeRow(name: string, content: string, rest: Partial<RecallRow> = {}): RecallRow {
  return {
    fingerprint: hashBytes(name) as Fingerprint,
    stamp: [12, 1.5, 2.25, 2 ** 40],
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

describe('a table of recalled nodes', () => {
  it('gives back the rows that were packed, at their places', () => {
    const rows = [
      makeRow('a', 'x'),
      undefined,
      makeRow('b', 'x', {
        hasMutable: true,
        observed: '["é",null]',
        origin: '{"p":1}',
        summary: '{"n":1}',
      }),
      makeRow('c', 'x', { paths: [] }),
    ];
    const table = new RecallTable(packRows(rows, DECLARED));
    expect(rows.map((_, place) => table.rowAt(place))).toEqual(rows);
  });

  it('leaves out a row that saw a path with another content than a row before it', () => {
    const rows = [makeRow('a', 'x'), makeRow('b', 'y'), makeRow('c', 'x')];
    const table = new RecallTable(packRows(rows, DECLARED));
    expect(rows.map((_, place) => table.has(place))).toEqual([true, false, true]);
  });

  it('has no rows from anything else than a pack', () => {
    expect(new RecallTable(Buffer.from('x'.repeat(64))).has(0)).toBe(false);
  });
});
