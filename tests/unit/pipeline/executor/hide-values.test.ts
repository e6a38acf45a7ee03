import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import {
  hideInEvent,
  hideInFile,
  listHiddenValues,
} from '../../../../pipeline/executor/hide-values.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

it('hides long values and the long lines of values, the longest first, and no short ones', () => {
  const environment = { A: 'fast', B: 'long-enough', C: 'first line\nx\nlong-enough too\n' };
  const hidden = listHiddenValues(environment, ['A', 'B', 'C', 'D']);
  const asTheyAre = [
    'first line\nx\nlong-enough too',
    'long-enough too',
    'long-enough',
    'first line',
  ];
  expect(hidden.filter((text) => asTheyAre.includes(text))).toEqual(asTheyAre);
  expect(hidden).not.toContain('fast');
  expect(hidden).not.toContain('x');
});

it('hides values as other programs write them', () => {
  const value = `it's "a" \\ $b&c=1/ü`;
  const ways = {
    json: JSON.stringify(value),
    inspected: inspect([value]),
    address: `https://user:${encodeURIComponent(value)}@host`,
    traced: `+ echo 'it'\\''s "a" \\ $b&c=1/ü'`,
    header: Buffer.from(value).toString('base64'),
  };
  const event = { type: 'summary', values: ways } as const;
  const hidden = hideInEvent(event, listHiddenValues({ V: value }, ['V']));
  expect(hidden).toEqual({
    type: 'summary',
    values: {
      json: '"***"',
      inspected: expect.stringMatching(/^\[ [`'"]\*\*\*[`'"] \]$/) as string,
      address: 'https://user:***@host',
      traced: `+ echo '***'`,
      header: expect.stringMatching(/^\*\*\*=*$/) as string,
    },
  });
});

it('hides values in a file, wherever they stand and whatever stands beside them', () => {
  const folder = makeFolder({});
  const path = join(folder, 'log');
  const hide = (bytes: Buffer) => {
    writeFileSync(path, bytes);
    hideInFile(path, join(folder, 'aside'), ['schlüssel-🔑', 'long-enough']);
    return readFileSync(path);
  };
  // Around the border of what is read at once, too.
  for (const before of [0, 5, (1 << 20) - 4, (1 << 20) - 11, 1 << 20]) {
    const start = Buffer.concat([Buffer.from([0xff, 0xe9, 0]), Buffer.alloc(before, 'a')]);
    const text = Buffer.concat([start, Buffer.from('schlüssel-🔑 long-enough'), start]);
    expect(hide(text).equals(Buffer.concat([start, Buffer.from('*** ***'), start]))).toBe(true);
  }
  const without = Buffer.from([0xff, 0, 0xe9]);
  expect(hide(without).equals(without)).toBe(true);
});
