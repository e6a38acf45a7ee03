import { expect, it } from 'vitest';
import { wordUnreached } from '../../../../commands/report/unreached.ts';

const row = (name: string, reached: boolean | null, accuracy: number | null, diverged = false) => ({
  name,
  model: name.split('_')[0] ?? '',
  reached,
  train_accuracy: accuracy,
  diverged,
});

it('says of each model which experiments did not reach the threshold, and how far they came', () => {
  const net = [0.8265, 0.7254, 0.2558, 0.31].map((one, i) => row(`Net_${i}`, false, one));
  expect(
    wordUnreached([
      row('MLP1_0.0', true, 0.998),
      row('MLP1_1.0', false, 0.93),
      ...net,
      row('Net_x', null, null),
      row('MLP3_0.0', true, 0.999),
      row('AlexNetSmall_0.0', false, null, true),
    ]),
  ).toEqual([
    'MLP1_1.0 (training accuracy 93.0%)',
    'Net in 4 of 4 experiments (training accuracy 25.6% to 82.7%)',
    'AlexNetSmall_0.0 (1 diverged)',
  ]);
});
