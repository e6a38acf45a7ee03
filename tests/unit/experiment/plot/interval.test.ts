import { describe, expect, it } from 'vitest';
import { studentQuantile, summarizeValues } from '../../../../experiment/plot/interval.ts';

describe('the interval of a mean', () => {
  // Percentage points of the t distribution, from printed tables.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [9, 2.262],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ])('takes the quantile of the table for %d degrees of freedom', (degrees, expected) => {
    expect(studentQuantile(degrees)).toBeCloseTo(expected, 3);
  });

  it('is that of a worked example', () => {
    // Five values with mean 10 and deviation √2.5: 10 ± 2.776 · √(2.5 / 5).
    const { n, mean, low, high } = summarizeValues([8, 9, 10, 11, 12]);
    expect([n, mean]).toEqual([5, 10]);
    expect(low).toBeCloseTo(10 - 2.77645 * Math.sqrt(0.5), 4);
    expect(high).toBeCloseTo(10 + 2.77645 * Math.sqrt(0.5), 4);
  });

  it('is absent for a single value, and nothing has no mean', () => {
    expect(summarizeValues([3])).toEqual({ n: 1, mean: 3, low: null, high: null });
    expect(() => summarizeValues([])).toThrow(RangeError);
  });
});
