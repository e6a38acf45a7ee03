import { describe, expect, it } from 'vitest';
import { isInterpolated } from '../../../../experiment/training/interpolation.ts';
import { learningRateAfter } from '../../../../experiment/training/schedule.ts';
import { exampleConfig, multiStepConfig } from './examples.ts';

describe('the learning rate', () => {
  it('is the initial one times 0.95 for every full 391 steps done', () => {
    const config = exampleConfig({ decay_steps: 391 });
    const rates = [0, 39, 40, 78].map((epochs) => learningRateAfter(config, 10, epochs));
    expect(rates.slice(0, 2)).toEqual([0.01, 0.01]);
    expect(rates[2]).toBeCloseTo(0.0095, 15);
    expect(rates[3]).toBeCloseTo(0.0095, 15);
    expect(learningRateAfter(config, 391, 100)).toBeCloseTo(0.01 * 0.95 ** 100, 15);
    expect(learningRateAfter(exampleConfig(), 10, 2)).toBeCloseTo(0.009025, 15);
  });

  it('falls after its milestones alone where it falls by steps', () => {
    const config = multiStepConfig([100, 200]);
    const rates = [0, 99, 100, 199, 200, 249].map((done) => learningRateAfter(config, 391, done));
    expect(rates.slice(0, 2)).toEqual([0.01, 0.01]);
    for (const [index, rate] of [0.001, 0.001, 0.0001, 0.0001].entries()) {
      expect(rates[index + 2]).toBeCloseTo(rate, 15);
    }
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
