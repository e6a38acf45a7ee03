import { describe, expect, it } from 'vitest';
import { estimateRemaining, type Workload } from '../../../../pipeline/report/eta.ts';

const workload: Workload = {
  elapsedSeconds: 20,
  waiting: 0,
  jobs: 2,
  executed: 0,
  executedSeconds: 0,
  running: [],
};

describe('estimateRemaining', () => {
  it('does not guess before anything is known', () => {
    const running = [{ elapsedSeconds: 20, fraction: null }];
    expect(estimateRemaining({ ...workload, waiting: 5, running })).toBeNull();
    expect(
      estimateRemaining({ ...workload, elapsedSeconds: 0.5, waiting: 5, executed: 1 }),
    ).toBeNull();
  });

  it('is zero once nothing is left', () => {
    expect(estimateRemaining(workload)).toBe(0);
  });

  it('extends a running node by its own fraction', () => {
    expect(
      estimateRemaining({ ...workload, running: [{ elapsedSeconds: 20, fraction: 0.25 }] }),
    ).toBe(60);
  });

  it('takes waiting nodes to be like those that were measured, spread over the jobs', () => {
    expect(
      estimateRemaining({
        ...workload,
        waiting: 6,
        executed: 1,
        executedSeconds: 10,
        running: [{ elapsedSeconds: 10, fraction: 0.5 }],
      }),
    ).toBe((6 * 15 + 10) / 2);
  });

  it('lasts as long as the slowest running node', () => {
    const running = [
      { elapsedSeconds: 20, fraction: 0.1 },
      { elapsedSeconds: 20, fraction: 0.9 },
    ];
    expect(estimateRemaining({ ...workload, running })).toBeCloseTo(180);
  });

  it('expects of a node without a fraction what the others took', () => {
    const running = [{ elapsedSeconds: 4, fraction: null }];
    expect(estimateRemaining({ ...workload, executed: 2, executedSeconds: 20, running })).toBe(6);
  });
});
