import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanLines, textWidth, truncate } from '../../../../pipeline/progress/text.ts';

describe('text for a terminal', () => {
  it('loses escape sequences and control characters', () => {
    expect(cleanLine('\u001B[2J\u001B[31mred\u001B[0m\u0007 a\tb\nc')).toBe('red a b c');
    expect(cleanLine('safe\u202Etxt.exe')).toBe('safetxt.exe');
  });

  it('of lines overwritten with carriage returns keeps the last', () => {
    expect(cleanLines('10%\r50%\r100%\r\nnext\n')).toEqual(['100%', 'next']);
  });

  it('is measured in cells', () => {
    expect(['abc', '数据', 'e\u0301', '\u001B[32m✓\u001B[39m', '🚀', '█▍'].map(textWidth)).toEqual([
      3, 4, 1, 1, 2, 2,
    ]);
  });

  it('is cut with an ellipsis and its styles closed', () => {
    expect(truncate('\u001B[32mabcdef\u001B[39m', 4)).toBe('\u001B[32mabc…\u001B[39m');
    expect(truncate('数据数据', 4)).toBe('数…');
    expect(truncate('abcd', 4)).toBe('abcd');
  });

  it('fits whatever it is cut to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 30 }), (text, width) => {
        expect(textWidth(truncate(cleanLine(text), width))).toBeLessThanOrEqual(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(cleanLine(text)).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/u);
      }),
    );
  });
});
