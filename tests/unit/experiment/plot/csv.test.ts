import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCsv } from '../../../../experiment/plot/csv.ts';
import { parseCsv } from './parse-csv.ts';
import { makeFolder } from './recorded-runs.ts';

describe('writeCsv', () => {
  it('writes what parses back to the same texts and the same doubles', async () => {
    const path = join(await makeFolder(), 'rows.csv');
    const row = fc.record({
      text: fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') }),
      number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        await writeCsv(path, ['text', 'number'], rows);
        const parsed = parseCsv(await readFile(path, 'utf8'));
        expect(parsed.map(({ text, number }) => ({ text, number: Number(number) }))).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves an absent value empty and keeps every row of a long table', async () => {
    const path = join(await makeFolder(), 'rows.csv');
    await writeCsv(
      path,
      ['i', 'half'],
      Array.from({ length: 25_001 }, (_, i) => ({ i, half: i % 2 === 0 ? i / 2 : null })),
    );
    const rows = parseCsv(await readFile(path, 'utf8'));
    expect(rows).toHaveLength(25_001);
    expect(rows[10_001]).toEqual({ i: '10001', half: '' });
    expect(rows.at(-1)).toEqual({ i: '25000', half: '12500' });
  });
});
