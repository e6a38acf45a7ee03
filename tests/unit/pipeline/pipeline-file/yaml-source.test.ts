import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseYamlSource } from '../../../../pipeline/pipeline-file/yaml-source.ts';

function read(text: string, writer: 'person' | 'program' = 'person') {
  const { source, diagnostics } = parseYamlSource('f.yaml', text, writer);
  const told = diagnostics.map(
    ({ message, expected, location: { line, column } }) =>
      `${line}:${column} ${message}${expected === undefined ? '' : ` | ${expected}`}`,
  );
  return { value: source.value, told };
}

describe('YAML', () => {
  it('gives back every value that JSON has', () => {
    const json = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => !JSON.stringify(value).includes('__proto__'));
    const { value, told } = read('a: 1');
    expect([value, told]).toEqual([{ a: 1 }, []]);
    fc.assert(
      fc.property(json, (made) => {
        // -0 is a number that JSON has not.
        const value: unknown = JSON.parse(JSON.stringify(made));
        const text = stringify(value);
        const back = read(text, 'program');
        if (back.told.some((line) => /NUL|half a character|key is empty/.test(line))) return;
        expect(back).toEqual({ value, told: [] });
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['a: &a {x: 1, y: 0}\nb: {<<: *a, y: 2}', { x: 1, y: 2 }],
    ['a: &a {x: 1}\nb: {y: 2, <<: *a}', { x: 1, y: 2 }],
    ['b: {<<: [{x: 1}, {x: 2, y: 2}]}', { x: 1, y: 2 }],
    ['b: {"<<": 1}', { '<<': 1 }],
    ['\uFEFFb: 1\r\nc: 2\r\n', 1],
    ['a: &n 5\nb: &n 6\nc: *n', 6],
    ['b: !!str 007', '007'],
    ['b: 2024-01-01', '2024-01-01'],
    ['b: 1:30', '1:30'],
    ['b: 1_000', '1_000'],
    ['b: no', 'no'],
  ])('is read as YAML 1.2 with merge keys: %j', (text, b) => {
    expect(read(text)).toMatchObject({ value: { b }, told: [] });
  });

  it('may use an anchor as often as it likes', () => {
    const text = `a: &a { x: 1 }\nb: [${'*a, '.repeat(500)}]`;
    expect(read(text).told).toEqual([]);
  });

  it.each([
    ['a: &a [*a]', '1:8', 'the alias *a stands in what it stands for'],
    ['x: *.csv', '1:4', 'no anchor "&.csv" comes before this alias | an anchor &.csv, or a text'],
    ['a: *b\nb: &b 1', '1:4', 'no anchor "&b" comes before'],
    ['a: {<<: 3}', '1:9', '<< merges mappings | a mapping, or a list of mappings'],
    ['a: &a [1]\nb: {<<: *a}', '2:9', '<< merges mappings'],
    ['a: {<<: {x: 1}, <<: {y: 1}}', '1:17', 'map keys must be unique, and "<<" is there already'],
    ['1: x\n"1": y', '2:1', 'map keys must be unique, and "1" is there already'],
    ['a: 1\n---\nb: 2', '2:1', 'a second document begins here'],
    ['a: !foo {}', '1:4', 'Unresolved tag: !foo'],
    ['a: !!binary aGk=', '1:13', 'the tag !!binary has no value here'],
    ['[a]: 1', '1:1', 'a key must be a single text'],
    ['~: x', '1:1', 'a key is empty'],
    ['True: x', '1:1', 'the key True would be seen as true'],
    ['001: x', '1:1', '001 would be seen as 1'],
    ['__proto__: {x: 1}', '1:1', '"__proto__" cannot be a key'],
    ['a: "x\\0"', '1:4', 'this text holds a NUL character'],
    ['a: "\\uD800"', '1:4', 'this text holds half a character'],
    ['a: .inf', '1:4', '.inf cannot be a value'],
    ['a: #ff0000', '1:4', 'this value is empty: # begins a comment | "#ff0000" in quotes'],
    ['%YAML 1.1\n---\na: yes', '1:1', 'YAML 1.1 is asked for'],
    ['['.repeat(20_000), '1:', 'nested too deeply'],
    [`${'['.repeat(300)}${']'.repeat(300)}`, '1:202', 'nested too deeply'],
    [
      ['a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]', ...'bcdefgh']
        .map((name, i, all) =>
          i === 0 ? name : `${name}: &${name} [${`*${i === 1 ? 'a' : all[i - 1]}, `.repeat(10)}]`,
        )
        .join('\n'),
      '6:7',
      'it stands for more than 1000000 values, by its aliases',
    ],
  ])(
    'that would not be what was typed is a mistake with its place: %.40j',
    (text, place, words) => {
      const { value, told } = read(text);
      expect(value).toBeUndefined();
      expect(told[0]).toContain(words);
      expect(told[0]?.startsWith(place)).toBe(true);
    },
  );

  it.each([
    ['out: {{ x }}/b', '1:6', 'a value that starts with {{ must be quoted', '"{{ x }}/b"'],
    ['out: {{ x }}', '1:7', 'a value that starts with {{ must be quoted', 'in quotes'],
    ['- {{ x }}_a', '1:3', 'a value that starts with {{ must be quoted', '"{{ x }}_a"'],
    ['title: Pi: once', '1:8', 'this text has a colon and a blank in it', 'in quotes'],
    ['a:\n\tb: 1', '2:1', 'a tab indents this line', 'blanks'],
    [
      'a:\n    b: 1\n   c: 2',
      '3:1',
      'line 3 is indented by 3, the lines that it may belong to by 4 or 0',
      'blanks',
    ],
    ['a: 1\n  b: 2', '1:4', 'line 2 is indented as if it belonged to line 1', 'alike'],
    ['a: b\nfoo\nc: d', '2:1', 'this line has no key', 'key: value'],
    ['a: @b', '1:4', 'a text cannot begin with @', 'in quotes'],
    ['a: "x" y', '1:8', 'more text behind a value that has ended', 'quotes'],
    ['a: { b: "x, c: d }\ne: f', '1:9', 'the quote that opens here is not closed', 'at its end'],
    ['a: { b: echo {{ d }}, c: 1 }', '1:14', 'this text has a bracket in it', 'in quotes'],
    ['a: - b', '1:4', 'a list cannot begin with - behind its key', '[a, b]'],
    ['a: 1\nb', '2:1', 'this line has no colon and value', 'key: value'],
    ['a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x', '2:1', 'a conflict of git', 'two sides'],
    ['a:\n\u00a0\u00a0b: 1', '2:1', 'a no-break space', 'plain blanks'],
  ])('with a slip of syntax is explained, once: %j', (text, place, message, expected) => {
    const { told } = read(text);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`^${place} not valid YAML: `));
    expect(told[0]).toContain(message);
    expect(told[0]?.split(' | ')[1]).toContain(expected);
  });

  it.each([
    ['a: [1, 2\nb: 3', '2:1 not valid YAML: a ] is missing before this line'],
    ['a: { b: 1, c: 2 } }', '1:19 not valid YAML: one } too many'],
  ])('with brackets that do not pair is explained: %j', (text, message) => {
    expect(read(text).told).toEqual([message]);
  });

  it('with a list that may be versions keeps the last zero, or says so', () => {
    for (const [text, told] of [
      ['[1.9, 2.0]', ['1:10 2.0 would be seen as 2: beside 1.9 it may be a version']],
      ['[1.13, 2.0, nightly]', ['1:11 2.0 would be seen as 2: beside 1.13 it may be a version']],
      ['[1.9, "2.0"]', []],
      ['[1.0, 1.5, 2.0]', []],
      ['[0.1, 1.0, 2.0]', []],
      ['[1, 1.1, 2.0]', []],
      ['[1.0, 2.0]', []],
      ['2.0', []],
    ] as const) {
      const found = read(`a: ${text}`).told.map((line) => line.split(' | ')[0]);
      expect([text, found]).toEqual([text, told]);
      expect(read(`a: ${text}`, 'program').told).toEqual([]);
    }
  });

  it('of any text never throws', () => {
    const piece = fc.oneof(
      fc.constantFrom(...'[]{}:-&*!#|>"\'%@`\n \t,?'),
      fc.constantFrom('<<: ', '*a', '&a ', '!!set ', '{{ ', '---\n', '\0', '~: ', '0x1', '\uD800'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { value, told } = read(pieces.join(''));
        expect(told.length > 0 || value !== undefined).toBe(true);
        // What comes of it is what JSON has.
        if (told.length === 0) expect(JSON.parse(JSON.stringify(value))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });
});
