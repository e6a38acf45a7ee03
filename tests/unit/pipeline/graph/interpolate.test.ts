import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate, parsePieces } from '../../../../pipeline/graph/interpolate.ts';

const variables = {
  name: 'MLP1_0.0_none',
  p: 0,
  on: true,
  nothing: null,
  folders: { data: 'data/quick' },
  levels: [0, 1],
};

describe('interpolate', () => {
  it('fills in dotted names and applies filters in order', () => {
    const text = '{{ folders.data }}/{{p|fixed(2)}}_{{ name | lower | upper }}-{{ on }}';
    expect(interpolate(text, variables)).toEqual({
      text: 'data/quick/0.00_MLP1_0.0_NONE-true',
      faults: [],
    });
  });

  it.each([
    ["{{ seed | tag('_s', 42) }}", { seed: 42 }, ''],
    ["{{ seed | tag('_s', 42) }}", { seed: 43 }, '_s43'],
    ["{{ crop | tag('_crop') }}", { crop: true }, '_crop'],
    ["{{ crop | tag('_crop') }}", { crop: false }, ''],
    ["{{ size | tag('-', 'big') | upper }}", { size: 'small' }, '-SMALL'],
  ])('tells the unusual alone: %s of %o is %j', (text, values, expected) => {
    expect(interpolate(text, values)).toEqual({ text: expected, faults: [] });
  });

  it.each([
    [0, '0.0'],
    [0.1, '0.1'],
    [0.25, '0.25'],
    [-3, '-3.0'],
    [1e-7, '1e-7'],
  ])('writes %d with at least one decimal, and with all that it has', (p, expected) => {
    expect(interpolate('{{ p | decimals(1) }}', { p }).text).toBe(expected);
  });

  it('leaves texts without variables as they are', () => {
    const plain = fc.string().filter((text) => !text.includes('{{'));
    fc.assert(fc.property(plain, (text) => interpolate(text, variables).text === text));
  });

  it('puts values in once: a value that looks like a variable stays as it is', () => {
    const result = interpolate('{{ a }}', { a: '{{ b }}', b: 'no' });
    expect(result).toEqual({ text: '{{ b }}', faults: [] });
  });

  it.each([
    ['{{ nmae }}', 'unknown-variable', 'nmae'],
    ['{{ folders.dat }}', 'unknown-variable', 'folders.dat'],
    ['{{ name.length }}', 'unknown-variable', 'name.length'],
    ['{{ constructor }}', 'unknown-variable', 'constructor'],
    ['{{ nothing }}', 'template-error', 'nothing'],
    ['{{ folders }}', 'template-error', 'folders'],
    ['{{ levels }}', 'template-error', 'levels'],
    ['{{ p | round }}', 'template-error', 'round'],
    ['{{ p + 1 }}', 'template-error', 'p + 1'],
    ["{{ p | tag('a) }}", 'template-error', "p | tag('a)"],
    ['{{ name', 'template-error', '{{ name'],
    ['{{}}', 'template-error', ''],
  ])('says what is wrong with %s', (text, kind, name) => {
    const { faults } = interpolate(text, variables);
    expect(faults.map((fault) => [fault.kind, fault.name])).toEqual([[kind, name]]);
  });

  it('reports all faults of a text', () => {
    expect(interpolate('{{ a }}{{ b }}', {}).faults.map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('parsePieces', () => {
  it('gives back the text it was given, piece by piece', () => {
    const token = fc.oneof(
      fc.string().filter((text) => !/[{}]/.test(text)),
      fc.constantFrom('{{ a }}', '{{ a.b }}', '{{ a | fixed(1) }}'),
    );
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const { pieces, faults } = parsePieces(tokens.join(''));
        const variableCount = tokens.filter((text) => text.startsWith('{{')).length;
        expect(faults).toEqual([]);
        expect(pieces.filter(({ kind }) => kind === 'variable')).toHaveLength(variableCount);
        const texts = pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : []));
        expect(texts.join('')).toBe(tokens.filter((text) => !text.startsWith('{{')).join(''));
      }),
    );
  });
});
