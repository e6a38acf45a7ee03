import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../../../fixtures/graph.ts';

const COMPOSED = 'caf\u00e9';
const DECOMPOSED = 'cafe\u0301';
const text = (one: string, two: string) => `version: 1
stages:
  a: { command: "{{ outputs.o }}", outputs: { o: ${one} } }
  b:
    command: "{{ outputs.o }}"
    outputs: { o: ${two} }
`;

describe('paths that a disk takes for one', () => {
  it.each([
    ['Data/x', 'data/x', { case: true, form: false }, true],
    ['Data', 'data/inner/x', { case: true, form: false }, true],
    ['Data/x', 'data/y', { case: true, form: true }, false],
    ['Data/x', 'data/x', { case: false, form: true }, false],
    [COMPOSED, DECOMPOSED, { case: false, form: true }, true],
    [COMPOSED, DECOMPOSED, { case: true, form: false }, false],
    [COMPOSED.toUpperCase(), `${DECOMPOSED}/x`, { case: true, form: true }, true],
  ])('%s and %s under %j', (one, two, folding, isMistake) => {
    const expected = isMistake ? ['duplicate-output 6:19'] : [];
    expect(mistakesOf(text(one, two), { folding })).toEqual(expected);
  });

  it('are the logs of nodes whose names differ in letters alone, where their outputs do not', () => {
    const cells = (outputs: string) => `version: 1
stages:
  a:
    matrix: { c: [b, B] }
    command: "{{ outputs.o }}"
    outputs: { o: "${outputs}" }
  A: { command: "{{ outputs.o }}", outputs: { o: other } }
`;
    const folding = { case: true, form: true };
    const apart = cells("x{{ c | tag('_', 'b') }}");
    expect(mistakesOf(apart, { folding })).toEqual(['duplicate-cell 4:13']);
    expect(mistakesOf(cells('{{ c }}'), { folding })).toEqual(['duplicate-output 6:19']);
    expect(mistakesOf(apart, { folding: { case: false, form: true } })).toEqual([]);
    const stages = apart.replace('[b, B]', '[b]').replace('  A: {', '  A: { matrix: { c: [B] },');
    expect(mistakesOf(stages, { folding })).toEqual(['duplicate-cell 7:3']);
  });
});
