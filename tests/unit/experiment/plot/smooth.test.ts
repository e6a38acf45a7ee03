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
    expect(smoothCurve([0, 3, 6, 0, 0, 9], 3).slice(0, 5)).toEqual([0, 3, 3, 2, 3]);
  });

  it('ends on the trend of the mean, not on the last value', () => {
    const flat = [...Array<number>(20).fill(0), 9];
    // The mean of the last nine is 1; nine before, and so on the way there, it was 0.
    expect(smoothCurve(flat, 9).at(-1)).toBeCloseTo(1 + 4 / 9, 6);
  });

  it('does not end on the rise within the last of many alike windows', () => {
    const saw = Array.from({ length: 45 }, (_, i) => 2 + (i % 9) / 9);
    for (const value of smoothCurve(saw, 9).slice(4)) expect(value).toBeCloseTo(2 + 4 / 9, 6);
  });

  it('stays within the values where they end in a bend', () => {
    const bent = Array.from({ length: 30 }, (_, i) => Math.exp(-i / 3));
    expect(Math.min(...smoothCurve(bent, 21))).toBeGreaterThan(0);
  });

  it('of a curve that is shorter than the window ends where the curve does', () => {
    expect(smoothCurve([4, 2, 1], 9)).toEqual([4, (4 + 2 + 1) / 3, 1].map((x) => +x.toFixed(6)));
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
