import { beforeAll, describe, expect, it } from 'vitest';
import { PAPER_TABLE } from '../../../../experiment/plot/table1-rows.ts';
import { run } from '../../../../stages/figures/table1.ts';
import {
  expectSoundFigure,
  readCaption,
  readOutput,
  readTexts,
} from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import {
  makeFolder,
  type RecordedRun,
  recordRun,
  runStage,
} from '../../experiment/plot/recorded-runs.ts';

const PARAMS = {};

function drawTable(runs: readonly RecordedRun[]) {
  const inputs = { evaluations: runs.map(({ evaluation }) => evaluation) };
  return runStage(run, inputs, [''], PARAMS, ['markdown', 'latex']);
}

describe('table 1', () => {
  let folder = '';
  let runs: RecordedRun[];
  beforeAll(async () => {
    folder = await makeFolder();
    runs = [];
    for (const { model, crop, decay, labels, test } of PAPER_TABLE) {
      const plan = { model, crop, decay, corruption: 'none', epochs: 2, stepsPerEpoch: 2 } as const;
      const p = labels === 'random' ? 1 : 0;
      const testError = 1 - (test - 1) / 100;
      runs.push(await recordRun(folder, { ...plan, p, threshold: 2, pace: 1, testError }));
    }
  });

  it('sets every row of the paper beside ours', async () => {
    const result = await drawTable(runs.toReversed());
    await expectSoundFigure(result);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows).toHaveLength(19);
    for (const [index, row] of rows.entries()) {
      expect(row).toMatchObject({ status: 'measured', n: '1', experiments: runs[index]?.name });
      expect(Number(row['test'])).toBeCloseTo(Number(row['paper_test']) - 1, 9);
    }
    expect(rows[2]).toMatchObject({ crop: 'false', decay: 'true', paper_test: '86.03' });
    const markdown = readOutput(result, 'markdown').toString('utf8');
    expect(markdown).toContain(
      '| AlexNetSmall | yes | no | true | 99.82 | 99.80 | 79.66 | 78.66 |',
    );
  });

  it('labels what was not run, and gives intervals for several seeds', async () => {
    const plan = { model: 'MLP1', p: 0, corruption: 'none', epochs: 2, stepsPerEpoch: 2 } as const;
    const more = { ...plan, threshold: null, pace: 1 };
    const few = [
      await recordRun(folder, { ...more, testError: 0.5 }),
      await recordRun(folder, { ...more, testError: 0.6, seed: 43 }),
    ];
    const result = await drawTable(few);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows.filter(({ status }) => status === 'not run')).toHaveLength(18);
    // 45 ± 12.706 · (7.07 / √2).
    expect(rows.find(({ status }) => status === 'measured')).toMatchObject({
      model: 'MLP1',
      setting: 'neither',
      n: '2',
      test: '45',
      test_low: '-18.53',
      test_high: '108.53',
    });
    const texts = readTexts(readOutput(result, 'svg').toString('utf8'));
    expect(texts).toContain('45.0 ± 63.5');
    expect(texts.filter((text) => text.startsWith('MLP1: '))).toHaveLength(1);
    expect(readCaption(result)).toContain('Threshold not reached: MLP1 (neither).');
    const latex = readOutput(result, 'latex').toString('utf8');
    expect(latex).toMatch(/ & no & no & true & 100\.00 & [\d.]+ .*45\.00 \$\\pm\$ 63\.53/);
    expect(latex.match(/& not run/g)).toHaveLength(2 * 18);
    const markdown = readOutput(result, 'markdown').toString('utf8');
    expect(markdown.match(/not run \|/g)).toHaveLength(2 * 18);
  });
});
