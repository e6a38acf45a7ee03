import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../experiment/recorded/config.ts';
import { exampleConfig, multiStepConfig } from '../training/examples.ts';

describe('the config of an experiment', () => {
  it('is taken as it is where nothing is wrong', () => {
    expect(parseConfig(exampleConfig({ decay_steps: 391 }))).toEqual(
      exampleConfig({ decay_steps: 391 }),
    );
  });

  it('is refused with every fault, what was expected and what was found', () => {
    const { seed, ...rest } = exampleConfig();
    const value = { ...rest, batch_size: 0, init: 'zero', momentun: 0.9 };
    expect(seed).toBe(42);
    expect(() => parseConfig(value)).toThrow(
      expect.objectContaining({
        name: 'StageFailure',
        message: [
          'the config of the experiment has 4 faults:',
          "  it must have required property 'seed'",
          '  it must NOT have additional properties ("momentun")',
          '  init must be equal to one of the allowed values: pytorch, he, found "zero"',
          '  batch_size must be >= 1, found 0',
        ].join('\n'),
      }),
    );
  });

  it('has the keys of its schedule and of no other', () => {
    expect(parseConfig(multiStepConfig([100, 200]))).toEqual(multiStepConfig([100, 200]));
    const { schedule: _, ...unnamed } = exampleConfig();
    expect(parseConfig(unnamed)).toEqual(exampleConfig());
    const faulty = { ...exampleConfig(), schedule: 'multi-step', lr_milestones: [100, 100] };
    expect(() => parseConfig(faulty)).toThrow(
      expect.objectContaining({
        message: [
          'the config of the experiment has 4 faults:',
          "  it must have required property 'lr_gamma'",
          '  it must NOT have additional properties ("lr_decay")',
          '  it must NOT have additional properties ("decay_steps")',
          '  lr_milestones must NOT have duplicate items (items ## 1 and 0 are identical), found [100,100]',
        ].join('\n'),
      }),
    );
    expect(() => parseConfig({ ...unnamed, schedule: 'steps' })).toThrow(
      '  schedule must be equal to one of the allowed values: exponential, multi-step, found "steps"',
    );
  });

  it('has the width 1 and the weights of PyTorch where it says nothing of them', () => {
    const { width, init, ...rest } = exampleConfig();
    expect(parseConfig(rest)).toEqual({ ...rest, width: 1, init: 'pytorch' });
    expect(parseConfig({ ...rest, width: 0.5, init: 'he' })).toMatchObject({
      width: 0.5,
      init: 'he',
    });
    expect([width, init]).toEqual([1, 'pytorch']);
  });

  it.each([undefined, null, 'MLP1', []])('is refused where it is %o', (value) => {
    expect(() => parseConfig(value)).toThrow(/must be object/);
  });
});
