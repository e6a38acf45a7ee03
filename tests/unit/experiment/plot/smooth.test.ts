import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smoothCurve, thinCurve } from '../../../../experiment/plot/smooth.ts';

describe('smoothCurve', () => {
  it('leaves a straight line as it is, up to its ends', () => {
    const line = Array.from({ length: 50 }, (_, i) => 3 - i / 20);
    for (const [i, value] of smoothCurve(line, 9).entries()) {
      expect(value).toBeCloseTo(line[i] ?? Number.NaN, 6);
    }
  });

  it('gives the centred mean of the window', () => {
    expect(smoothCurve([0, 3, 6, 0, 0, 9], 3)).toEqual([0, 3, 3, 2, 3, 9]);
  });
});

describe('thinCurve', () => {
  it('keeps ends, order and extremes, with few points a bucket', () => {
    const losses = fc.array(fc.double({ min: 0, max: 5, noNaN: true }), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 50 }), (y, buckets) => {
        const x = y.map((_, i) => i + 1);
        const kept = thinCurve(x, y, buckets, y.length);
        expect(kept[0]).toBe(0);
        expect(kept.at(-1)).toBe(y.length - 1);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect(kept.length).toBeLessThanOrEqual(2 * (buckets + 1) + 2);
        const drawn = kept.map((i) => y[i] ?? Number.NaN);
        expect(Math.max(...drawn)).toBe(Math.max(...y));
        expect(Math.min(...drawn)).toBe(Math.min(...y));
      }),
    );
  });
});
