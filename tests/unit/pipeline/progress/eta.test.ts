import { describe, expect, it } from 'vitest';
import { estimateRemaining, type Workload } from '../../../../pipeline/progress/eta.ts';

const workload: Workload = {
  elapsedSeconds: 20,
  waiting: { nodes: 0, seconds: 0, longestSeconds: 0, unknown: 0 },
  typicalSeconds: null,
  jobs: 2,
  running: [],
};
const unknown = { elapsedSeconds: 20, expectedSeconds: null, fraction: null, lastFraction: 1 };

function estimate(more: Partial<Workload>) {
  return estimateRemaining({ ...workload, ...more });
}

describe('estimateRemaining', () => {
  it('does not guess before anything is known', () => {
    const waiting = { nodes: 5, seconds: 0, longestSeconds: 0, unknown: 5 };
    expect(estimate({ waiting, running: [unknown] })).toBeNull();
    expect(estimate({ elapsedSeconds: 0.5, waiting: { ...waiting, unknown: 0 } })).toBeNull();
  });

  it('is zero once nothing is left', () => {
    expect(estimate({})).toEqual({ seconds: 0, isLowerBound: false, isRough: false });
  });

  it('goes over from what earlier runs took to what a node itself says, the further or later it is', () => {
    const left = (elapsedSeconds: number, fraction: number) =>
      estimate({ running: [{ ...unknown, elapsedSeconds, expectedSeconds: 20, fraction }] })
        ?.seconds;
    expect(left(1, 0.01)).toBeCloseTo(19, 0);
    expect(left(10, 0.25)).toBeCloseTo(20 ** 0.75 * 40 ** 0.25 - 10);
    expect(left(18, 0.9)).toBeCloseTo(2, 0);
    expect(left(40, 0.5)).toBeCloseTo(40, 0);
  });

  it('takes a node to end where others of its stage did, and one that is further for as long as it did', () => {
    const left = (fraction: number) =>
      estimate({ running: [{ ...unknown, fraction, lastFraction: 0.2 }] });
    expect(left(0.1)?.seconds).toBeCloseTo(20);
    expect(left(0.4)?.seconds).toBeCloseTo(20);
    // It may end at any time: that is said.
    expect([left(0.1)?.isRough, left(0.4)?.isRough]).toEqual([false, true]);
    expect(left(0.8)?.seconds).toBeCloseTo(5);
  });

  it('outlasts the longest chain of what waits', () => {
    const waiting = { nodes: 6, seconds: 90, longestSeconds: 70, unknown: 0 };
    expect(estimate({ waiting })?.seconds).toBe(70);
  });

  it('takes a node that is late to go on for a share of that', () => {
    const running = [{ ...unknown, expectedSeconds: 10 }];
    expect(estimate({ running })?.seconds).toBe(5);
  });

  it('spreads what waiting nodes are expected to take over the jobs', () => {
    const waiting = { nodes: 6, seconds: 90, longestSeconds: 0, unknown: 0 };
    const running = [{ ...unknown, elapsedSeconds: 10, fraction: 0.5 }];
    expect(estimate({ waiting, running })?.seconds).toBe((90 + 10) / 2);
  });

  it('lasts as long as the slowest running node', () => {
    const running = [
      { ...unknown, fraction: 0.1 },
      { ...unknown, fraction: 0.9 },
    ];
    expect(estimate({ running })?.seconds).toBeCloseTo(180);
  });

  it('expects of a node without a fraction what earlier runs took', () => {
    const running = [{ ...unknown, elapsedSeconds: 4, expectedSeconds: 10 }];
    expect(estimate({ running })).toEqual({ seconds: 6, isLowerBound: false, isRough: false });
  });

  it('takes nodes of unknown stages for those of other stages, where some are known, and says so', () => {
    const waiting = { nodes: 3, seconds: 8, longestSeconds: 0, unknown: 2 };
    expect(estimate({ waiting, typicalSeconds: 4 })).toEqual({
      seconds: 8,
      isLowerBound: false,
      isRough: true,
    });
  });

  it('says that it is a lower bound while something is unknown', () => {
    const running = [{ ...unknown, elapsedSeconds: 4, expectedSeconds: 10 }];
    expect(
      estimate({ running, waiting: { nodes: 3, seconds: 8, longestSeconds: 0, unknown: 2 } }),
    ).toEqual({
      seconds: 7,
      isLowerBound: true,
      isRough: false,
    });
    expect(estimate({ running: [...running, unknown] })?.isLowerBound).toBe(true);
  });
});
