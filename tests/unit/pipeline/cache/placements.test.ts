import { appendFileSync, readFileSync, statSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { Placements } from '../../../../pipeline/cache/placements.ts';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import type { ContentId } from '../../../../pipeline/fingerprint/record.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const contentOf = (text: string): ContentId => `file:${hashBytes(text)}`;

function open(context = 'one') {
  const layout = new StateLayout(makeFolder({}), 'owner');
  return { layout, placements: new Placements(layout, context) };
}

it('tells what was put at a path, the latest first, to the next process too', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b/c', '"\n'), fc.constantFrom('1', '2', '3'))),
      (notes) => {
        const { layout, placements } = open();
        for (const [path, text] of notes) placements.note(path, contentOf(text));
        for (const path of ['a', 'b/c', '"\n', 'other']) {
          const put = notes.filter(([at]) => at === path).map(([, text]) => text);
          const expected = [...new Set(put.reverse())].map(contentOf);
          expect(placements.contentsAt(path)).toEqual(expected);
          expect(new Placements(layout, 'two').contentsAt(path)).toEqual(expected);
        }
      },
    ),
    { numRuns: 30 },
  );
});

it('knows which settings were the last at a path', () => {
  const { layout, placements } = open();
  placements.note('a', contentOf('1'));
  placements.note('b', contentOf('1'));
  new Placements(layout, 'two').note('b', contentOf('2'));
  const paths = (context: string) =>
    new Placements(layout, context).ofContext().map(({ path }) => path);
  expect([paths('one'), paths('two')]).toEqual([['a'], ['b']]);
});

it('passes over lines that a crash cut off or that say nothing', () => {
  const { layout, placements } = open();
  placements.note('a', contentOf('1'));
  appendFileSync(layout.placements, '\n["b","file:');
  appendFileSync(layout.placements, '\n["b","file:zz","one"]\n[]\n{}\nnull');
  new Placements(layout, 'one').note('c', contentOf('3'));
  const { length } = new Placements(layout, 'one').all();
  expect(length).toBe(2);
});

it('is written anew when most of it is stale, and forgets what it is told to', () => {
  const { layout, placements } = open();
  const line = () => readFileSync(layout.placements, 'utf8');
  placements.note('a', contentOf('1'));
  placements.note('b', contentOf('1'));
  appendFileSync(layout.placements, line().repeat(3000));
  const before = statSync(layout.placements).size;
  expect(new Placements(layout, 'one').contentsAt('a')).toEqual([contentOf('1')]);
  expect(statSync(layout.placements).size).toBeLessThan(before / 100);
  new Placements(layout, 'one').forget(new Set(['a']));
  expect(new Placements(layout, 'one').all().map(({ path }) => path)).toEqual(['b']);
});
