import { describe, expect, it } from 'vitest';
import { run } from '../../../../stages/figures/batch-norm.ts';
import {
  expectSoundFigure,
  readCaption,
  readOutput,
  readTexts,
} from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import { makeFolder, recordRun, runStage } from '../../experiment/plot/recorded-runs.ts';

const plan = {
  p: 0,
  corruption: 'none',
  epochs: 8,
  stepsPerEpoch: 4,
  pace: 5,
  testError: 0.4,
  tested: true,
} as const;

describe('the figure of batch norm', () => {
  it('shows both sets of both models, and where the threshold was reached', async () => {
    const folder = await makeFolder();
    const runs = [
      await recordRun(folder, { ...plan, model: 'InceptionSmallWithoutBN', threshold: null }),
      await recordRun(folder, { ...plan, model: 'InceptionSmall', threshold: 6 }),
    ];
    const result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    await expectSoundFigure(result);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows).toHaveLength(2 * 2 * 8);
    expect(rows.filter(({ threshold }) => threshold === 'true')).toMatchObject([
      { model: 'InceptionSmall', set: 'training', epoch: '6', step: '24', accuracy: '0.9' },
    ]);
    const best = rows.filter((row) => row['best'] === 'true');
    expect(best.map(({ model, set }) => [model, set])).toEqual([
      ['InceptionSmall', 'test'],
      ['InceptionSmallWithoutBN', 'test'],
    ]);
    for (const { model, accuracy, epoch } of best) {
      const tested = rows.filter((row) => row['model'] === model && row['set'] === 'test');
      expect(Number(accuracy)).toBe(Math.max(...tested.map((row) => Number(row['accuracy']))));
      const share = `${(100 * Number(accuracy)).toFixed(1)}%`;
      expect(readCaption(result)).toContain(
        `${model} ${share} at epoch ${epoch}, 60.0% at the end`,
      );
    }
    expect(rows.findLast(({ set }) => set === 'test')).toMatchObject({
      model: 'InceptionSmallWithoutBN',
      epoch: '8',
      accuracy: '0.6',
      loss: '1.125',
    });
    const text = readTexts(readOutput(result, 'svg').toString('utf8')).join(' ');
    expect(readCaption(result)).toContain(
      'InceptionSmall at epoch 6; InceptionSmallWithoutBN not in 8 epochs',
    );
    expect(text).toContain('mean loss (nats)');
  });

  it('draws the mean over seeds up to where all of them go', async () => {
    const folder = await makeFolder();
    const runs = [
      await recordRun(folder, { ...plan, model: 'InceptionSmall', threshold: 5, epochs: 5 }),
      await recordRun(folder, { ...plan, model: 'InceptionSmall', threshold: 8, seed: 43 }),
    ];
    const result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    await expectSoundFigure(result);
    const means = parseCsv(readOutput(result, 'csv').toString('utf8')).filter(
      ({ statistic }) => statistic === 'mean',
    );
    expect(means.map(({ set, epoch, n }) => [set, epoch, n])).toEqual(
      ['training', 'test'].flatMap((set) => ['1', '2', '3', '4', '5'].map((e) => [set, e, '2'])),
    );
  });

  it('says what to do where the test images were not looked at', async () => {
    const folder = await makeFolder();
    const { metrics } = await recordRun(folder, {
      ...plan,
      model: 'InceptionSmall',
      threshold: 6,
      tested: false,
    });
    await expect(runStage(run, { metrics: [metrics] })).rejects.toThrow(
      'set training.evaluate_every to 1',
    );
  });
});
