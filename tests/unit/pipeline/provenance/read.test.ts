import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compareRows } from '../../../../pipeline/provenance/compare-files.ts';
import { parseCsv } from '../../../../pipeline/provenance/csv.ts';
import { formatRows, mapMarks } from '../../../../pipeline/provenance/map-marks.ts';
import { readPngText } from '../../../../pipeline/provenance/png-text.ts';
import { readFigure } from '../../../../pipeline/provenance/read-figure.ts';

const folder = mkdtempSync(join(tmpdir(), 'provenance-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü', '0') });
const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

describe('parseCsv', () => {
  it('reads back what RFC 4180 lets be written', () => {
    const tables = fc.array(fc.tuple(cell, cell, cell), { minLength: 1 });
    fc.assert(
      fc.property(tables, fc.boolean(), fc.constantFrom('\n', '\r\n'), (rows, ends, end) => {
        const lines = [['x', 'y', 'z'], ...rows].map((row) => row.map(quote).join(','));
        const text = lines.join(end) + (ends ? end : '');
        expect(parseCsv(text)).toEqual(rows.map(([x, y, z]) => ({ x, y, z })));
      }),
    );
  });

  it('takes any text for something', () => {
    fc.assert(fc.property(cell, (text) => void parseCsv(text)));
  });
});

it('reads provenance from no bytes that are none, and never throws', () => {
  for (const ending of ['.vl.json', '.svg', '.png', '.csv']) {
    const path = join(folder, `figure${ending}`);
    fc.assert(
      fc.property(fc.uint8Array(), fc.boolean(), (bytes, isPng) => {
        const start = isPng ? Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') : Buffer.alloc(0);
        writeFileSync(path, Buffer.concat([start, bytes]));
        expect(readFigure(path)).toBe('no-provenance');
      }),
      { numRuns: 50 },
    );
    rmSync(path);
  }
});

it('reads a PNG text whose chunk says more than the file holds as far as it goes', () => {
  const chunk = Buffer.from('\xff\xff\xff\x00iTXtusermeta\0\0\0\0\0text', 'latin1');
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk]);
  expect(readPngText(png, 'usermeta')).toBe('text');
  expect(readPngText(png.subarray(0, 20), 'usermeta')).toBeNull();
});

it('finds rows that changed, came or went, by place', () => {
  const made = [{ a: 1 }, { a: 2, b: 'x' }, { a: 3 }];
  expect(compareRows('row', made, made)).toEqual([]);
  const [changed, removed] = compareRows('row', made, [{ a: 1 }, { a: 2, c: null }]);
  expect(changed).toMatchObject({
    place: 2,
    change: 'changed',
    fields: [
      { name: 'b', made: 'x' },
      { name: 'c', found: null },
    ],
  });
  expect(removed).toMatchObject({ place: 3, change: 'removed', values: { a: 3 } });
  expect(compareRows('row', [], made).map(({ change }) => change)).toEqual(Array(3).fill('added'));
});

it('writes rows as stretches', () => {
  expect(formatRows([1, 2, 3, 7, 9, 10])).toBe('1-3, 7, 9-10');
});

it('maps the rows of a table that is longer than what is drawn by the runs that they name', () => {
  const run = { input: 'i', node: 'n', fingerprint: 'f', sha256: null };
  const provenance = {
    schema: 1 as const,
    node: 'plot',
    fields: ['run', 'runs'],
    runs: [
      { ...run, run: 'a', rows: [[1, 2] as const] },
      { ...run, run: 'b', rows: [[2, 2] as const] },
    ],
  };
  const file = { path: '', carrier: '', provenance, isTable: true };
  const runsOf = (rows: Record<string, string>[]) =>
    mapMarks({ ...file, rows }).map((mark) => mark.runs.join());
  const rows = [{ run: 'a' }, { run: 'b' }, { run: '', runs: 'a;b' }, { run: 'c' }];
  expect(runsOf(rows)).toEqual(['a', 'b', 'a,b', '']);
  expect(runsOf([{ run: 'a' }, { run: 'mean of 2 runs' }])).toEqual(['a', 'a,b']);

  const more = { ...provenance, without: [[3, 3] as const] };
  const alone = mapMarks({ ...file, provenance: more, isTable: false, rows: null });
  expect(alone.map((mark) => [mark.runs.join(), mark.explained])).toEqual([
    ['a', true],
    ['a,b', true],
    ['', true],
  ]);
  const forgotten = mapMarks({ ...file, isTable: false, rows });
  expect(forgotten.map(({ explained }) => explained)).toEqual([true, true, false, false]);
});
