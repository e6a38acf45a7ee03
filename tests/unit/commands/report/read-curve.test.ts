import { expect, it } from 'vitest';
import { readCurve } from '../../../../commands/report/read-curve.ts';

const line = (kind: string, step: number, loss: number | null, accuracy: number) =>
  `${JSON.stringify({ kind, step, epoch: 1, loss, accuracy })}\n`;

it('draws a training by means of neighbouring steps, as few as a chart can show', () => {
  const steps = Array.from({ length: 1000 }, (_, i) => line('step', i + 1, 1000 - i, i / 1000));
  const text = `${steps.join('')}${line('test', 1000, null, 0.25)}${line('threshold', 900, 0.1, 1)}`;
  const curve = readCurve(text);
  expect(curve?.training).toHaveLength(143);
  // Of steps 1 to 7.
  expect(curve?.training[0]).toEqual([7, 997, 0.003]);
  expect(curve?.training.at(-1)?.[0]).toBe(1000);
  expect(curve).toMatchObject({ test: [[1000, null, 0.25]], threshold: 900 });
});

it('draws a long training by its epochs', () => {
  const steps = Array.from({ length: 5000 }, (_, i) => line('step', i + 1, 5, 0));
  const text = `${steps.join('')}${line('epoch', 2500, 2, 0.5)}${line('epoch', 5000, 1, 0.75)}`;
  expect(readCurve(text)?.training).toEqual([
    [2500, 2, 0.5],
    [5000, 1, 0.75],
  ]);
});

it('has nothing to draw of what is no metrics', () => {
  expect(readCurve('model_name: MLP1\nimages\n{"kind":"step", broken')).toBeNull();
});
