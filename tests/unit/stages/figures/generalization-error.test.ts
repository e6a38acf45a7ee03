import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../../stages/figures/generalization-error.ts';
import {
  expectSoundFigure,
  readCaption,
  readOutput,
  readPoints,
  readTexts,
} from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import {
  makeFolder,
  type RecordedRun,
  recordLevels,
  runStage,
  type StageResult,
} from '../../experiment/plot/recorded-runs.ts';

const MODELS = [
  'Net',
  'MLP1',
  'MLP3',
  'AlexNetSmall',
  'InceptionSmall',
  'InceptionSmallWithoutBN',
  'WideResNet',
];
const LEVELS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

describe('the figure of generalization error', () => {
  let runs: readonly RecordedRun[];
  let result: StageResult;
  let svg: string;
  beforeAll(async () => {
    const scale = { epochs: 30, stepsPerEpoch: 4, synthetic: false };
    runs = await recordLevels(await makeFolder(), MODELS, LEVELS, scale);
    const inputs = { evaluations: runs.map(({ evaluation }) => evaluation) };
    result = await runStage(run, inputs, [''], { profile: 'paper' });
    svg = readOutput(result, 'svg').toString('utf8');
  });

  it('is sound', () => expectSoundFigure(result));

  it('holds in its CSV the test errors of the evaluations', async () => {
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows).toHaveLength(runs.length);
    for (const recorded of runs) {
      const evaluation = JSON.parse(await readFile(recorded.evaluation.path, 'utf8'));
      expect(rows.find(({ experiment }) => experiment === recorded.name)).toEqual({
        model: evaluation.model,
        p: String(evaluation.p),
        statistic: 'run',
        seed: '42',
        n: '1',
        experiment: recorded.name,
        reached: String(evaluation.reached),
        epochs: String(evaluation.epoch),
        steps: String(evaluation.step),
        test_error: String(1 - evaluation.test_accuracy),
        test_error_low: '',
        test_error_high: '',
      });
    }
  });

  it('draws and labels the chance level', () => {
    expect(readTexts(svg)).toContain('chance: 90%');
    expect(svg.match(/aria-roledescription="rule mark container"/g)).toHaveLength(1);
  });

  it('has one mark a run, open where the threshold was not reached', () => {
    const points = readPoints(svg);
    expect(points.map(({ experiment }) => experiment).sort()).toEqual(
      runs.map(({ name }) => name).sort(),
    );
    const open = points.filter(({ fill }) => fill === 'white');
    expect(open.map(({ experiment }) => experiment).sort()).toEqual(
      runs.map(({ name }) => name).filter((name) => /^Net_(0\.[5-9]|1\.0)/.test(name)),
    );
  });

  it('names every model once, from small to large', () => {
    expect(readTexts(svg).filter((text) => MODELS.includes(text))).toEqual(MODELS);
  });

  it('has the same bytes again, whatever the order of its inputs', async () => {
    const evaluations = runs.map(({ evaluation }) => evaluation).toReversed();
    const again = await runStage(run, { evaluations }, [''], { profile: 'paper' });
    for (const [name, bytes] of result.files) {
      expect(again.files.get(name)?.equals(bytes), name).toBe(true);
    }
  });
});

describe('generalization error', () => {
  it('says which run has no test error because its training diverged', async () => {
    const runs = await recordLevels(await makeFolder(), ['MLP1'], [0, 1], {
      epochs: 10,
      stepsPerEpoch: 4,
    });
    const last = runs.at(-1);
    if (last === undefined) throw new Error('nothing recorded');
    const { path } = last.evaluation;
    const evaluation = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(
      path,
      JSON.stringify({ ...evaluation, reached: false, test_accuracy: null, test_error: null }),
    );
    const result = await runStage(run, { evaluations: runs.map((one) => one.evaluation) });
    await expectSoundFigure(result);
    const svg = readOutput(result, 'svg').toString('utf8');
    expect(readCaption(result)).toContain(
      'No test error, because training diverged: MLP1_1.0_none.',
    );
    expect(readPoints(svg)).toHaveLength(1);
  });
});
