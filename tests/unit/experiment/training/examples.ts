/** Small experiments for tests: a config, and a data set that a perceptron soon fits. */

import type { Dataset, LabeledImages } from '../../../../experiment/data/dataset.ts';
import { openStream } from '../../../../experiment/data/random.ts';
import type { ExperimentConfig } from '../../../../experiment/recorded/config.ts';

type ExponentialConfig = Extract<ExperimentConfig, { schedule: 'exponential' }>;

export function exampleConfig(changes: Partial<ExponentialConfig> = {}): ExponentialConfig {
  return {
    model_name: 'MLP1',
    bn: false,
    width: 1,
    init: 'pytorch',
    seed: 42,
    split: 'paper',
    batch_size: 16,
    learning_rate: 0.01,
    momentum: 0.9,
    schedule: 'exponential',
    lr_decay: 0.95,
    decay_steps: null,
    weight_decay: 0,
    crop: false,
    num_epochs: 4,
    stop_at_interpolation: false,
    log_every: 1,
    checkpoint_every: 1,
    evaluate_every: 0,
    label_corruption_prob: 0,
    data_corruption_type: 'none',
    tracker: 'none',
    ...changes,
  };
}

/** The same, by steps of the learning rate. */
export function multiStepConfig(lr_milestones: readonly number[]): ExperimentConfig {
  const { lr_decay: _, decay_steps: __, ...rest } = exampleConfig();
  return { ...rest, schedule: 'multi-step', lr_gamma: 0.1, lr_milestones };
}

/** Images that are, up to noise, one of ten random patterns: their class. */
export function exampleDataset(train: number, test: number): Dataset {
  const size = 3 * 32 * 32;
  const drawn = openStream(1, 'test/patterns');
  const patterns = Uint8Array.from({ length: 10 * size }, () => drawn.integer(200));
  const set = (part: string, count: number): LabeledImages => {
    const stream = openStream(1, `test/${part}`);
    const labels = Uint8Array.from({ length: count }, (_, index) => index % 10);
    const data = Uint8Array.from({ length: count * size }, (_, index) => {
      const label = labels[Math.floor(index / size)] as number;
      return (patterns[label * size + (index % size)] as number) + stream.integer(56);
    });
    return { images: { shape: [count, 3, 32, 32], data }, labels, count };
  };
  return {
    info: {
      name: 'ten patterns',
      synthetic: true,
      classes: Array.from({ length: 10 }, (_, index) => `pattern ${index}`),
      train,
      test,
      split: 'paper',
      corruption: 'none',
      p: 0,
      seed: 42,
      mean: [0.46, 0.46, 0.46],
      deviation: [0.24, 0.24, 0.24],
    },
    train: set('train', train),
    test: set('test', test),
  };
}
