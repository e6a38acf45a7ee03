import { describe, expect, it } from 'vitest';
import { waitAfter } from '../../../../pipeline/scheduler/retry.ts';

describe('waitAfter', () => {
  it('doubles, up to five minutes, and ends with the last attempt', () => {
    const retries = { attempts: 4, backoffSeconds: 60 };
    expect([1, 2, 3, 4, 5].map((attempt) => waitAfter(attempt, retries))).toEqual([
      60,
      120,
      240,
      300,
      null,
    ]);
    expect(waitAfter(2, { attempts: 2, backoffSeconds: 3600 })).toBe(3600);
    expect(waitAfter(1, { attempts: 0, backoffSeconds: 1 })).toBeNull();
  });
});
