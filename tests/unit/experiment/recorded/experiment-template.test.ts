import nunjucks from 'nunjucks';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../../experiment/recorded/config.ts';

const VARIABLES = {
  name: 'MLP1_0.2_none',
  profile: 'quick',
  model: 'MLP1',
  corruption: 'none',
  p: 0.2,
  seed: 42,
  decay: false,
  crop: false,
  dataset: { split: 'paper' },
  training: {
    width: 1,
    net_width: null as number | null,
    init: 'pytorch',
    convolution_init: null as string | null,
    inception_init: null as string | null,
    epochs: 80 as number | null,
    batch_size: 128,
    learning_rate: null as number | null,
    inception_learning_rate: 0.1,
    alexnet_learning_rate: null as number | null,
    stop_at_interpolation: null as boolean | null,
    momentum: 0.9,
    schedule: null as string | null,
    multi_step_models: [] as string[],
    exponential_epochs: 100,
    lr_decay: 0.95,
    decay_steps: null as number | null,
    multi_step_epochs: 250,
    lr_gamma: 0.1,
    lr_milestones: [100, 200],
    weight_decay: 0.0005,
    log_every: 1,
    checkpoint_every: 10,
    evaluate_every: null as number | null,
    tracker: 'none',
  },
};

function render(changes: Partial<typeof VARIABLES> = {}) {
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader('templates'), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  const text = environment.render('experiment.yaml.njk', { ...VARIABLES, ...changes });
  return { text, config: parse(text) };
}

describe("the template of an experiment's config", () => {
  it('gives every key of a config', () => {
    expect(parseConfig(render().config)).toEqual({
      model_name: 'MLP1',
      bn: false,
      width: 1,
      init: 'pytorch',
      seed: 42,
      split: 'paper',
      batch_size: 128,
      learning_rate: 0.01,
      momentum: 0.9,
      schedule: 'exponential',
      weight_decay: 0,
      crop: false,
      lr_decay: 0.95,
      decay_steps: null,
      num_epochs: 80,
      stop_at_interpolation: true,
      log_every: 1,
      checkpoint_every: 10,
      evaluate_every: 0,
      label_corruption_prob: 0.2,
      data_corruption_type: 'none',
      tracker: 'none',
    });
  });

  it('may start the weights of all but the perceptrons in another way', () => {
    const training = { ...VARIABLES.training, convolution_init: 'he' };
    expect(render({ training, model: 'InceptionSmall' }).config.init).toBe('he');
    expect(render({ training, model: 'Net' }).config.init).toBe('he');
    expect(render({ training }).config.init).toBe('pytorch');
    const inceptions = { ...training, convolution_init: null, inception_init: 'he' };
    expect(render({ training: inceptions, model: 'InceptionSmall' }).config.init).toBe('he');
    expect(render({ training: inceptions, model: 'Net' }).config.init).toBe('pytorch');
  });

  it('may give Net a width and AlexNetSmall a learning rate of their own', () => {
    const training = {
      ...VARIABLES.training,
      width: 0.25,
      net_width: 1,
      alexnet_learning_rate: 0.002,
    };
    expect(render({ training, model: 'Net' }).config).toMatchObject({
      width: 1,
      learning_rate: 0.01,
    });
    expect(render({ training, model: 'AlexNetSmall' }).config).toMatchObject({
      width: 0.25,
      learning_rate: 0.002,
    });
    expect(
      render({ training: { ...training, learning_rate: 0.05 }, model: 'AlexNetSmall' }).config,
    ).toMatchObject({ learning_rate: 0.05 });
  });

  it('says what wrote it and why an edit does not last', () => {
    expect(render().text).toMatch(/^# MLP1_0\.2_none\n# Written by the stage `configure`/);
  });

  it('may train some models by steps of the learning rate, and says nothing of a schedule where it decays', () => {
    const training = { ...VARIABLES.training, epochs: null, multi_step_models: ['MLP1'] };
    const { config } = render({ training });
    expect(config).toMatchObject({
      ...{ schedule: 'multi-step', lr_gamma: 0.1, lr_milestones: [100, 200], num_epochs: 250 },
    });
    expect(Object.keys(config)).not.toContain('lr_decay');
    expect(parseConfig(config)).toEqual({ ...config, evaluate_every: 0 });
    const other = render({ training, model: 'MLP3' }).config;
    expect(other).toMatchObject({ lr_decay: 0.95, decay_steps: null, num_epochs: 100 });
    expect(Object.keys(other)).not.toContain('schedule');
    const both = { ...training, schedule: 'multi-step', epochs: 7 };
    expect(render({ training: both, model: 'Net' }).config).toMatchObject({
      ...{ schedule: 'multi-step', num_epochs: 7 },
    });
  });

  it('takes the steps between decays where they are given', () => {
    const training = { ...VARIABLES.training, decay_steps: 391 };
    expect(render({ training }).config.decay_steps).toBe(391);
  });

  it.each([
    ['none', 0, false],
    ['none', 0.5, true],
    ['none', 1, false],
    ['shuff_pix', 0, false],
    ['rand_pix', 0, false],
    ['gauss_pix', 0, false],
  ])('with corruption %s and p %d stops at interpolation: %s', (corruption, p, stops) => {
    expect(render({ corruption, p }).config.stop_at_interpolation).toBe(stops);
  });

  it('switches weight decay and crops on, and stops those runs at interpolation', () => {
    const { config } = render({ p: 0, decay: true, crop: true });
    expect(config).toMatchObject({ weight_decay: 0.0005, crop: true, stop_at_interpolation: true });
  });

  it.each([
    ['InceptionSmall', 0, false, 1],
    ['InceptionSmallWithoutBN', 0, false, 1],
    ['InceptionSmall', 1, false, 0],
    ['InceptionSmall', 0, true, 0],
    ['MLP1', 0, false, 0],
  ])('tests %s at p %d with decay %s while it trains every %d epochs', (model, p, decay, every) => {
    expect(render({ model, p, decay }).config.evaluate_every).toBe(every);
  });

  it.each([
    ['MLP3', 0.01, false],
    ['Net', 0.01, true],
    ['AlexNetSmall', 0.01, false],
    ['InceptionSmall', 0.1, true],
    ['InceptionSmallWithoutBN', 0.1, false],
    ['WideResNet', 0.01, true],
  ])('gives %s the learning rate %d and batch norm: %s', (model, learningRate, bn) => {
    expect(render({ model }).config).toMatchObject({ learning_rate: learningRate, bn });
  });
});
