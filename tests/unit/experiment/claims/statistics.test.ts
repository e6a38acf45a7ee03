import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialInterval, rankCorrelation } from '../../../../experiment/claims/statistics.ts';

describe('rankCorrelation', () => {
  it('is 1 for rising, -1 for falling pairs, and counts ties in neither direction', () => {
    expect(rankCorrelation([[0, 1], [1, 2], [2, 9]])).toBe(1); // biome-ignore format: pairs
    expect(rankCorrelation([[0, 9], [1, 2], [2, 1]])).toBe(-1); // biome-ignore format: pairs
    // Of ten pairs, seven rise, one falls and two are tied in y: 6 / √(10·8).
    const steps = [464, 480, 464, 480, 496].map((y, x): [number, number] => [x, y]);
    expect(rankCorrelation(steps)).toBeCloseTo(6 / Math.sqrt(80), 12);
  });

  it('is undefined without two different values on each side', () => {
    expect(rankCorrelation([])).toBeNull();
    expect(rankCorrelation([[1, 1]])).toBeNull();
    expect(rankCorrelation([[1, 2], [1, 3]])).toBeNull(); // biome-ignore format: pairs
    expect(rankCorrelation([[1, 2], [2, 2]])).toBeNull(); // biome-ignore format: pairs
  });

  it('depends on neither the order of the pairs nor a rising change of scale', () => {
    const pairs = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 9 })),
    );
    fc.assert(
      fc.property(pairs, (list) => {
        const found = rankCorrelation(list);
        expect(rankCorrelation(list.toReversed())).toEqual(found);
        expect(rankCorrelation(list.map(([x, y]) => [x, y ** 3 + y]))).toEqual(found);
        if (found !== null) expect(Math.abs(found)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});

describe('binomialInterval', () => {
  /** The probability of a count, by multiplying out. */
  const probabilityOf = (count: number, trials: number, p: number) => {
    let value = 1;
    for (let i = 0; i < count; i++) value *= ((trials - i) / (count - i)) * p;
    return value * (1 - p) ** (trials - count);
  };

  it('leaves out at most half the rest on each side, and is the smallest that does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.constantFrom(0.9, 0.95, 0.99),
        (trials, p, confidence) => {
          const [low, high] = binomialInterval(trials, p, confidence);
          const below = (end: number) =>
            Array.from({ length: end }, (_, k) => probabilityOf(k, trials, p)).reduce(
              (a, b) => a + b,
              0,
            );
          const tail = (1 - confidence) / 2;
          expect(below(low)).toBeLessThanOrEqual(tail + 1e-9);
          expect(below(low + 1)).toBeGreaterThan(tail - 1e-9);
          expect(1 - below(high + 1)).toBeLessThanOrEqual(tail + 1e-9);
          expect(1 - below(high)).toBeGreaterThan(tail - 1e-9);
        },
      ),
    );
  });

  it('computes with the size of a whole test set', () => {
    // Against the normal approximation: 9000 ± 2.576·30.
    const [low, high] = binomialInterval(10_000, 0.9, 0.99);
    expect(Math.abs(low - 8922.7)).toBeLessThan(3);
    expect(Math.abs(high - 9077.3)).toBeLessThan(3);
  });
});
