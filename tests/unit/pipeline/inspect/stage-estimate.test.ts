import { describe, expect, it } from 'vitest';
import { findMedian, learnStage } from '../../../../pipeline/inspect/stage-estimate.ts';

function timed(model: string, p: number, seconds: number, cpus?: number) {
  const had = cpus === undefined ? {} : { cpus };
  return { cell: { model, p, crop: false }, seconds, ...had };
}

describe('learnStage', () => {
  const runs = [
    timed('MLP1', 0, 0.8),
    timed('MLP1', 0.5, 1),
    timed('MLP1', 1, 1.2),
    timed('Inception', 0, 120, 1),
    timed('Inception', 1, 140, 2),
  ];

  it('takes the median of those with the same value of the axis that times depend on', () => {
    const { estimate } = learnStage(runs);
    const alike = { basis: 'alike', axis: 'model' };
    expect(estimate({ model: 'Inception', p: 0.5, crop: false })).toEqual({
      ...alike,
      seconds: 130,
      cpus: 1.5,
    });
    expect(estimate({ model: 'MLP1', p: 0.2, crop: false })).toEqual({
      ...alike,
      seconds: 1,
      cpus: null,
    });
  });

  it('knows what it knows little of: a new value of the axis that matters, or of one not tried', () => {
    const { estimate } = learnStage(runs);
    expect(estimate({ model: 'AlexNet', p: 0, crop: false }).basis).toBe('unlike');
    expect(estimate({ model: 'MLP1', p: 0, crop: true }).basis).toBe('unlike');
    expect(learnStage(runs.slice(0, 3)).estimate({ model: 'Inception', p: 0 }).basis).toBe(
      'unlike',
    );
  });

  it('takes the median of the whole stage where no axis matters, and for a stage without axes', () => {
    const even = [timed('MLP1', 0, 1), timed('MLP1', 1, 2), timed('Net', 0, 2), timed('Net', 1, 1)];
    const estimate = { basis: 'stage', seconds: 1.5, cpus: null, axis: null };
    expect(learnStage(even).estimate({ model: 'Net', p: 0.5, crop: false })).toEqual(estimate);
    expect(learnStage([{ cell: {}, seconds: 1.5 }]).estimate({})).toEqual(estimate);
  });
});

describe('findMedian', () => {
  it.each([
    [[], null],
    [[3], 3],
    [[9, 1], 5],
    [[9, 1, 2], 2],
  ])('%j → %j', (values, median) => {
    expect(findMedian(values)).toBe(median);
  });
});
