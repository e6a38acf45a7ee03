import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../pipeline/contract/values.ts';
import { readSetting } from '../../../../pipeline/graph/read-setting.ts';

function read(text: string, declared: Json): Json | undefined {
  const result = readSetting({ key: 'k', text }, declared);
  return result.ok ? result.value : undefined;
}
function refusal(text: string, declared: Json): string {
  const result = readSetting({ key: 'k', text }, declared);
  if (result.ok) throw new Error(`taken as ${JSON.stringify(result.value)}`);
  return [result.message, result.expected, result.hint ?? ''].join(' | ');
}

describe('a setting', () => {
  it('of a text is every character that was typed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => read(text, 'x') === text));
    for (const text of [
      'é',
      '\u{1f600}',
      '#ff0000',
      'a #1',
      '007',
      '*.csv',
      '@x',
      'a: b',
      '2024',
      '[a]b',
      '',
    ]) {
      expect(read(text, '')).toBe(text);
    }
    for (const text of ['true', 'null', '~', ' a ', '"x"', "'", '[a, b]', '{', 'a\nb', '---']) {
      expect(read(text, 'x')).toBe(text);
    }
  });

  it('of a number is that number, however it is written', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(finite, (value) => read(String(value), 1) === value + 0));
    expect(['1e3', '.5', '5.', ' 5 ', '1.0', '-2'].map((text) => read(text, 1))).toEqual([
      1000, 0.5, 5, 5, 1, -2,
    ]);
  });

  it.each([
    ['', 'which is no number | a number, such as 0.1'],
    [' ', 'which is no number'],
    ['abc', 'which is no number'],
    ['null', 'which is no number'],
    ['true', 'which is no number'],
    ['[1]', 'which is no number'],
    ['"5"', 'which is no number'],
    ['5 # five', 'which is no number'],
    ['1_000', 'write k=1000'],
    ['0,5', 'write k=0.5'],
    ['0x10', 'a number as it will be seen: 16'],
    ['007', 'a number as it will be seen: 7'],
    ['Infinity', 'which is no number'],
    ['.inf', '.inf cannot be a value'],
    ['1e999', '1e999 cannot be a value'],
    ['9007199254740993', 'would be rounded'],
  ])('of a number is nothing else: %j', (text, words) => {
    expect(refusal(text, 0.1)).toContain(words);
  });

  it('of a boolean is true or false', () => {
    expect([read('true', false), read(' false', true)]).toEqual([true, false]);
    for (const text of ['', 'yes', '1', 'null', '"true"', 'truee']) {
      expect(refusal(text, true)).toContain('true or false');
    }
  });

  it('of a list has elements of the kind that is declared', () => {
    expect(read('[007, true, "a, b", *.csv]', ['x'])).toBeUndefined();
    expect(read('[007, true, "a, b", 3.10, ~]', ['x'])).toEqual([
      '007',
      'true',
      'a, b',
      '3.10',
      '~',
    ]);
    expect(read(' [0, 1e-1]', [1])).toEqual([0, 0.1]);
    expect(read('[]', ['x'])).toEqual([]);
    expect(read('[1, a, null]', [])).toEqual([1, 'a', null]);
    expect(refusal('[0, x]', [1])).toContain('"x" is no number');
    expect(refusal('[0, 3.10]', [1])).toContain('3.10 would be seen as 3.1');
    expect(refusal('MLP1', ['x'])).toContain("write 'k=[MLP1]'");
    expect(refusal('1, 2', [1])).toContain("write 'k=[1, 2]'");
    expect(refusal('', [1])).toContain('which is no list');
    expect(refusal('[1', [1])).toContain('cannot be read');
    expect(refusal('[1]b', [1])).toContain('cannot be read');
    expect(refusal('["\\0"]', ['x'])).toContain('NUL');
  });

  it('of a list of texts gives back any texts in quotes', () => {
    const texts = fc.array(fc.string().filter((text) => !text.includes('\0')));
    fc.assert(
      fc.property(texts, (list) => {
        expect(read(JSON.stringify(list), ['x'])).toEqual(list);
      }),
    );
  });

  it('of a mapping has members of the kinds that are declared', () => {
    const declared = { epochs: 3, init: 'he', sizes: [1], deep: { tag: 'x' } };
    expect(read('{epochs: 5, init: 007}', declared)).toEqual({ epochs: 5, init: '007' });
    expect(read('{deep: {tag: 1.10}, other: 2}', declared)).toEqual({
      deep: { tag: '1.10' },
      other: 2,
    });
    expect(refusal('{sizes: [a]}', declared)).toContain('"a" is no number');
    expect(refusal('epochs: 5', declared)).toContain('which is no mapping');
    expect(refusal('[]', declared)).toContain('which is no mapping');
    expect(refusal('{init: #ff}', declared)).toContain('cannot be read');
  });

  it('of what is declared as null is null, number, boolean, list, mapping, or else the text', () => {
    const texts = ['null', '~', '5', 'true', '[1, a]', '{a: 1}', '"5"', "'null'"];
    expect(texts.map((text) => read(text, null))).toEqual([
      null,
      null,
      5,
      true,
      [1, 'a'],
      { a: 1 },
      '5',
      'null',
    ]);
    for (const text of [
      '#ff',
      'a #1',
      '*.csv',
      '@x',
      'a: b',
      'file:x',
      '"a" b',
      '- a',
      '!x',
      '1_0',
    ]) {
      expect(read(text, null)).toBe(text);
    }
    expect(refusal('', null)).toContain('k=null, or \'k=""\'');
    expect(refusal('007', null)).toContain('would be seen as 7');
    expect(refusal('[a]b', null)).toContain('for a text, put it in quotes');
  });
});
