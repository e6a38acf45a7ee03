import { describe, expect, it } from 'vitest';
import { isInterpolated } from '../../../../experiment/training/interpolation.ts';
import { learningRateAfter } from '../../../../experiment/training/schedule.ts';

describe('the learning rate', () => {
  const schedule = { initial: 0.01, decay: 0.95, decaySteps: 391 };

  it('is the initial one times 0.95 for every full 391 steps done', () => {
    expect(learningRateAfter(schedule, 0)).toBe(0.01);
    expect(learningRateAfter(schedule, 390)).toBe(0.01);
    expect(learningRateAfter(schedule, 391)).toBeCloseTo(0.0095, 15);
    expect(learningRateAfter(schedule, 782)).toBeCloseTo(0.009025, 15);
    expect(learningRateAfter(schedule, 391 * 100)).toBeCloseTo(0.01 * 0.95 ** 100, 15);
  });
});

describe('the interpolation threshold', () => {
  it.each([
    [{ loss: 0.0099, accuracy: 0.5 }, true],
    [{ loss: 0.01, accuracy: 0.997 }, false],
    [{ loss: 1, accuracy: 0.9971 }, true],
    [{ loss: Number.NaN, accuracy: 0.1 }, false],
  ])('at %o is reached: %s', (means, reached) => {
    expect(isInterpolated(means)).toBe(reached);
  });
});
