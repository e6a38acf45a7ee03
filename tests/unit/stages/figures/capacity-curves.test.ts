import { describe, expect, it } from 'vitest';
import { run } from '../../../../stages/figures/capacity-curves.ts';
import {
  expectSoundFigure,
  readOutput,
  readPoints,
  readTexts,
} from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import { makeFolder, recordLevels, runStage } from '../../experiment/plot/recorded-runs.ts';

const LEVELS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

describe('the figure of capacity curves', () => {
  it('has a panel a model, and a line and an end for every level', async () => {
    const models = ['Net', 'MLP1', 'AlexNetSmall'];
    const scale = { epochs: 12, stepsPerEpoch: 2 };
    const runs = await recordLevels(await makeFolder(), models, LEVELS, scale);
    const result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    await expectSoundFigure(result);
    const svg = readOutput(result, 'svg').toString('utf8');
    const texts = readTexts(svg);
    for (const text of [
      ...models,
      ...LEVELS.map((p) => `p = ${p}`),
      'training accuracy',
      'epochs',
    ]) {
      expect(texts).toContain(text);
    }
    expect(
      readPoints(svg)
        .map(({ experiment }) => experiment)
        .sort(),
    ).toEqual(runs.map(({ name }) => name).sort());
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    const never = rows.filter(({ experiment }) => experiment === 'Net_1.0_none');
    expect(never.map(({ epoch }) => Number(epoch))).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
  });
});
