import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResultRecord } from '../../../../pipeline/cache/results.ts';
import type { Difference } from '../../../../pipeline/explain/difference.ts';
import { type EarlierResult, findNearest } from '../../../../pipeline/explain/find-nearest.ts';

const difference: Difference = { kind: 'code' };
const candidate = (count: number, second: number): EarlierResult => ({
  differences: Array.from({ length: count }, () => difference),
  result: {
    provenance: { startedAt: new Date(second * 1000).toISOString() },
  } as unknown as ResultRecord,
});

describe('findNearest', () => {
  it('finds none among none', () => {
    expect(findNearest([])).toBeNull();
  });

  it('finds one with the fewest differences, and of those the newest', () => {
    const some = fc.array(fc.tuple(fc.nat(4), fc.nat(9)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(some, (pairs) => {
        const found = findNearest(pairs.map(([count, second]) => candidate(count, second)));
        const [first] = [...pairs].sort(([a, s], [b, t]) => a - b || t - s);
        const [count, second] = first ?? [];
        expect(found?.differences.length).toBe(count);
        expect(found?.result.provenance.startedAt).toBe(
          new Date((second ?? 0) * 1000).toISOString(),
        );
      }),
    );
  });
});
