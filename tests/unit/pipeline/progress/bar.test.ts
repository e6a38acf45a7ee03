import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BarContent, formatBar } from '../../../../pipeline/progress/bar.ts';
import { textWidth } from '../../../../pipeline/progress/text.ts';

const epoch: BarContent = {
  label: '012',
  unit: 'batch',
  done: 375,
  total: 375,
  elapsedSeconds: 1.56,
  rate: 240.1,
  fields: { acc: '56.2', loss: '1.29' },
};

describe('formatBar', () => {
  // The expected lines were printed by tqdm 4.70.1 (`tqdm.format_meter`, units of B with unit_scale).
  it.each<[string, Partial<BarContent>, number | null]>([
    ['012: 100%|██████████| 375/375 [00:01<00:00, 240.10batch/s, acc=56.2, loss=1.29]', {}, null],
    [
      '012: 100%|███████████████████████████████| 375/375 [00:01<00:00, 240.10batch/s, acc=56.2, loss=1.29]',
      {},
      100,
    ],
    [
      'Test:  65%|██████▍   | 61/94 [00:00<?, ?batch/s]',
      { label: 'Test', done: 61, total: 94, elapsedSeconds: 0, rate: null, fields: {} },
      null,
    ],
    [
      '  0%|          | 0/94 [00:59<?, ?batch/s]',
      { label: '', done: 0, total: 94, elapsedSeconds: 59.99, rate: null, fields: {} },
      null,
    ],
    [
      '012:  27%|██▋       | 100/375 [1:00:00<2:32:46, 33.33s/batch]',
      { done: 100, elapsedSeconds: 3600.5, rate: 0.03, fields: {} },
      null,
    ],
    [
      'a.tar.gz:  45%|████▍     | 76.4M/170M [00:10<00:12, 7.64MB/s]',
      {
        label: 'a.tar.gz',
        unit: 'B',
        done: 76_400_000,
        total: 170_498_071,
        elapsedSeconds: 10,
        rate: 7.64e6,
        fields: {},
      },
      null,
    ],
    [
      'images: 280image [00:01,  3.25image/s]',
      {
        label: 'images',
        unit: 'image',
        done: 280,
        total: null,
        elapsedSeconds: 1.27,
        rate: 3.25,
        fields: {},
      },
      null,
    ],
    [
      'Test: 97batch [01:01, 240.10batch/s, acc=56.2, loss=1.29]',
      { label: 'Test', done: 97, total: 94, elapsedSeconds: 61 },
      null,
    ],
    [
      '012: 0batch [00:00, ?batch/s]',
      { done: 0, total: 0, elapsedSeconds: 0, rate: null, fields: {} },
      null,
    ],
  ])('writes what tqdm writes: %s', (expected, change, width) => {
    expect(formatBar({ ...epoch, ...change }, width)).toBe(expected);
  });

  it('gives up the rate, then the times, then the fields, before the bar', () => {
    expect([79, 60, 45, 30, 18, 9].map((width) => formatBar(epoch, width))).toEqual([
      '012: 100%|██████████| 375/375 [00:01<00:00, 240.10batch/s, acc=56.2, loss=1.29]',
      '012: 100%|██████| 375/375 [00:01<00:00, acc=56.2, loss=1.29]',
      '012: 100%|████| 375/375 [acc=56.2, loss=1.29]',
      '012: 100%|███████████| 375/375',
      '012: 100%|███████|',
      '012: 100%',
    ]);
  });

  it('is never wider than asked, whatever the stage reports', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    const content = fc.record({
      label: text,
      unit: fc.constantFrom('batch', 'B', '画像'),
      done: fc.double({ noNaN: true, min: 0, max: 1e12 }),
      total: fc.option(fc.double({ noNaN: true, min: 0, max: 1e12 })),
      elapsedSeconds: fc.double({ noNaN: true, min: 0, max: 1e7 }),
      rate: fc.option(fc.double()),
      fields: fc.dictionary(text, text, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(content, fc.integer({ min: 0, max: 200 }), (bar, width) => {
        expect(textWidth(formatBar(bar, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
