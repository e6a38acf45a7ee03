import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { expandSound, expandText } from '../../../fixtures/graph.ts';

/** Stages `s0`, `s1`, … of which each needs those of its row. */
function pipelineOf(needs: readonly (readonly number[])[]): string {
  return stringify({
    version: 1,
    stages: Object.fromEntries(
      needs.map((row, i) => [
        `s${i}`,
        {
          command: 'touch {{ outputs.o }}',
          needs: row.map((j) => `s${j}`),
          outputs: { o: `out/${i}` },
        },
      ]),
    ),
  });
}

/** Random acyclic needs, declared in a random order. */
const acyclic = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .chain((rows) => {
    const order = fc.shuffledSubarray(
      rows.map((_, i) => i),
      { minLength: rows.length },
    );
    return order.map((rank) => {
      const needs: number[][] = rows.map(() => []);
      for (const [i, row] of rows.entries()) {
        if (i === 0) continue;
        needs[rank[i] ?? 0] = [...new Set(row.map((n) => rank[n % i] ?? 0))];
      }
      return needs;
    });
  });

describe('the order of nodes', () => {
  it('puts every node after all that it needs', () => {
    fc.assert(
      fc.property(acyclic, (needs) => {
        const ids = [...expandSound(pipelineOf(needs)).nodes.keys()].map(String);
        expect(ids).toHaveLength(needs.length);
        for (const [i, row] of needs.entries()) {
          for (const j of row) expect(ids.indexOf(`s${j}`)).toBeLessThan(ids.indexOf(`s${i}`));
        }
      }),
    );
  });

  it('is that of the file where nothing else decides', () => {
    expect([...expandSound(pipelineOf([[], [], []])).nodes.keys()]).toEqual(['s0', 's1', 's2']);
  });

  it('finds a cycle and names exactly the nodes on it', () => {
    fc.assert(
      fc.property(acyclic, fc.integer({ min: 1, max: 4 }), (needs, length) => {
        const first = needs.length;
        const ring = Array.from({ length }, (_, i) => [first + ((i + 1) % length)]);
        const result = expandText(pipelineOf([...needs, ...ring, [first]]));
        if (result.ok) throw new Error('the cycle was accepted');
        const cycles = result.diagnostics.filter(({ code }) => code === 'cycle');
        expect(cycles).toHaveLength(1);
        const named = new Set(/: (.*)$/.exec(cycles[0]?.message ?? '')?.[1]?.split(' needs '));
        expect(named).toEqual(new Set(ring.map((_, i) => `s${first + i}`)));
        expect(cycles[0]?.location.line).toBeGreaterThan(1);
      }),
    );
  });

  it('points at the input that closes a cycle of data', () => {
    const text = `
version: 1
stages:
  a: { command: x, inputs: { i: { from: b, output: o } }, outputs: { o: a } }
  b:
    command: x
    inputs:
      i: { from: a, output: o }
    outputs: { o: b }
`;
    const result = expandText(text);
    expect(result.ok ? [] : result.diagnostics).toMatchObject([
      { code: 'cycle', message: 'a cycle: a needs b needs a', location: { line: 4, column: 30 } },
    ]);
  });
});
