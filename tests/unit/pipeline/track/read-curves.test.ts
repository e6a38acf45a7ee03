import { expect, it } from 'vitest';
import { readCurves } from '../../../../pipeline/track/read-curves.ts';

it('reads the numbers of each line, without those that are none', () => {
  const text = [
    '{"kind": "epoch", "step": 1, "epoch": 0.5, "loss": 2, "gradient": NaN, "rate": -Infinity}',
    'no line of JSON',
    '{"loss": 3}',
    '{"step": 1.6, "loss": 4}',
    '{"step": 1e300, "loss": 5}',
    '{"step": -1, "loss": 6}',
    '',
  ].join('\n');
  expect(readCurves(text, 7)).toEqual([
    { type: 'metrics', time: 7, step: 1, epoch: 0.5, values: { 'epoch/loss': 2 } },
    { type: 'metrics', time: 7, step: 2, epoch: null, values: { loss: 4 } },
    { type: 'metrics', time: 7, step: -1, epoch: null, values: { loss: 6 } },
  ]);
});
