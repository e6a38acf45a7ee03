import { describe, expect, it } from 'vitest';
import { estimateRemaining, type Workload } from '../../../../pipeline/progress/eta.ts';

const workload: Workload = {
  elapsedSeconds: 20,
  waiting: { nodes: 0, seconds: 0, unknown: 0 },
  jobs: 2,
  running: [],
};
const unknown = { elapsedSeconds: 20, expectedSeconds: null, fraction: null };

function estimate(more: Partial<Workload>) {
  return estimateRemaining({ ...workload, ...more });
}

describe('estimateRemaining', () => {
  it('does not guess before anything is known', () => {
    const waiting = { nodes: 5, seconds: 0, unknown: 5 };
    expect(estimate({ waiting, running: [unknown] })).toBeNull();
    expect(estimate({ elapsedSeconds: 0.5, waiting: { ...waiting, unknown: 0 } })).toBeNull();
  });

  it('is zero once nothing is left', () => {
    expect(estimate({})).toEqual({ seconds: 0, isLowerBound: false });
  });

  it('extends a running node by its own fraction, whatever earlier runs took', () => {
    const running = [{ elapsedSeconds: 20, expectedSeconds: 21, fraction: 0.25 }];
    expect(estimate({ running })).toEqual({ seconds: 60, isLowerBound: false });
  });

  it('spreads what waiting nodes are expected to take over the jobs', () => {
    const waiting = { nodes: 6, seconds: 90, unknown: 0 };
    const running = [{ elapsedSeconds: 10, expectedSeconds: null, fraction: 0.5 }];
    expect(estimate({ waiting, running })?.seconds).toBe((90 + 10) / 2);
  });

  it('lasts as long as the slowest running node', () => {
    const running = [
      { elapsedSeconds: 20, expectedSeconds: null, fraction: 0.1 },
      { elapsedSeconds: 20, expectedSeconds: null, fraction: 0.9 },
    ];
    expect(estimate({ running })?.seconds).toBeCloseTo(180);
  });

  it('expects of a node without a fraction what earlier runs took', () => {
    const running = [{ elapsedSeconds: 4, expectedSeconds: 10, fraction: null }];
    expect(estimate({ running })).toEqual({ seconds: 6, isLowerBound: false });
  });

  it('says that it is a lower bound while something is unknown', () => {
    const running = [{ elapsedSeconds: 4, expectedSeconds: 10, fraction: null }];
    expect(estimate({ running, waiting: { nodes: 3, seconds: 8, unknown: 2 } })).toEqual({
      seconds: 7,
      isLowerBound: true,
    });
    expect(estimate({ running: [...running, unknown] })?.isLowerBound).toBe(true);
  });
});
