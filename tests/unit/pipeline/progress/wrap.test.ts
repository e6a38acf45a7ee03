import { describe, expect, it } from 'vitest';
import { textWidth } from '../../../../pipeline/progress/text.ts';
import { wrapLine } from '../../../../pipeline/progress/wrap.ts';

describe('a line on a narrow terminal', () => {
  it('stays as it is where it fits', () => {
    expect(wrapLine('train  24 of 24 up to date', 26)).toEqual(['train  24 of 24 up to date']);
  });

  it('goes on two cells farther in, and no number loses its unit', () => {
    expect(wrapLine('expected finish: 3.9 s if it must, with 2 jobs', 24)).toEqual([
      'expected finish: 3.9 s',
      '  if it must, with 2',
      '  jobs',
    ]);
    expect(wrapLine('  in all it takes 3.9 s, or', 22)).toEqual([
      '  in all it takes',
      '    3.9 s, or',
    ]);
  });

  it('goes on under its second column where that is near, and below the first where it is not', () => {
    const text = 'will run, since parameter epochs 3 → 4';
    expect(wrapLine(`train  ${text}`, 30)).toEqual([
      'train  will run, since',
      '       parameter epochs 3 → 4',
    ]);
    expect(wrapLine(`train/a-long-name-of-a-node  ${text}`, 40)).toEqual([
      'train/a-long-name-of-a-node  will run,',
      '  since parameter epochs 3 → 4',
    ]);
  });

  it('breaks no word, keeps styles and measures cells', () => {
    const long = 'a/very/long/path/that/no/terminal/holds';
    expect(wrapLine(`log: ${long} x`, 20)).toEqual(['log:', `  ${long}`, '  x']);
    const styled = wrapLine('\u001B[2mwäre 表 はっきり\u001B[22m und so weiter', 16);
    expect(styled.every((line) => textWidth(line) <= 16)).toBe(true);
    expect(styled.join(' ').replaceAll(/ +/g, ' ')).toBe(
      '\u001B[2mwäre 表 はっきり\u001B[22m und so weiter',
    );
  });
});
