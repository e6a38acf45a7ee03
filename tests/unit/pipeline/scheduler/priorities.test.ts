import { describe, expect, it } from 'vitest';
import { rankNodes } from '../../../../pipeline/scheduler/priorities.ts';
import { expandSound } from '../../../fixtures/graph.ts';

const graph = expandSound(`version: 1
stages:
  a: { command: x, outputs: { o: a } }
  b: { command: x, outputs: { o: b } }
  c: { command: x, needs: [b], outputs: { o: c } }
  d: { command: x, needs: [b], outputs: { o: d } }
  e: { command: x, needs: [a, c, d], outputs: { o: e } }
`);

function order(seconds: Readonly<Record<string, number>>): string {
  const ranks = rankNodes([...graph.nodes.values()], ({ id }) => seconds[id] ?? 0);
  return [...ranks]
    .sort(([, i], [, j]) => i - j)
    .map(([id]) => id)
    .join('');
}

describe('rankNodes', () => {
  it('puts first what the longest way to an end starts with', () => {
    expect(order({ a: 1, b: 1, c: 1, d: 5, e: 1 })).toBe('bdace');
    expect(order({ a: 9, b: 1, c: 1, d: 5, e: 1 })).toBe('abdce');
  });

  it('keeps the order of the graph among equals', () => {
    expect(order({})).toBe([...graph.nodes.keys()].join(''));
    expect(order({ e: 3 })).toBe([...graph.nodes.keys()].join(''));
  });
});
