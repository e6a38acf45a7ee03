import { describe, expect, it } from 'vitest';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import type { Fingerprint } from '../../../../pipeline/fingerprint/record.ts';
import {
  packRows,
  type RecallRow,
  RecallTable,
} from '../../../../pipeline/inspect/recall-table.ts';

function makeRow(name: string, content: string, rest: Partial<RecallRow> = {}): RecallRow {
  return {
    fingerprint: hashBytes(name) as Fingerprint,
    stamp: [12, 1.5, 2.25, 2 ** 40],
    context: '',
    paths: [
      { path: 'shared', content: `file:${hashBytes(content)}` },
      { path: `out/${name}`, content: `tree:${hashBytes(name)}` },
    ],
    hasMutable: false,
    outputs: `{"o":"${name}"}`,
    summary: '{}',
    ...rest,
  };
}

describe('a table of recalled nodes', () => {
  it('gives back the rows that were packed, at their places', () => {
    const rows = [
      makeRow('a', 'x'),
      undefined,
      makeRow('b', 'x', { hasMutable: true, context: '["é",null]', summary: '{"n":1}' }),
      makeRow('c', 'x', { paths: [] }),
    ];
    const table = new RecallTable(packRows(rows, 'graph'), 'graph');
    expect(rows.map((_, place) => table.rowAt(place))).toEqual(rows);
  });

  it('leaves out a row that saw a path with another content than a row before it', () => {
    const rows = [makeRow('a', 'x'), makeRow('b', 'y'), makeRow('c', 'x')];
    const table = new RecallTable(packRows(rows, 'graph'), 'graph');
    expect(rows.map((_, place) => table.has(place))).toEqual([true, false, true]);
  });

  it('has no rows for another graph, or from anything else than a pack', () => {
    const pack = packRows([makeRow('a', 'x')], 'graph');
    expect(new RecallTable(pack, 'other').has(0)).toBe(false);
    expect(new RecallTable(Buffer.from('x'.repeat(64)), 'graph').has(0)).toBe(false);
  });
});
