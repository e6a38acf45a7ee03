import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../../stages/figures/learning-curves.ts';
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
  recordTests,
  runStage,
  type StageResult,
} from '../../experiment/plot/recorded-runs.ts';

interface MetricsLine {
  readonly kind: string;
  readonly experiment: string;
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
}

async function readMetrics(recorded: RecordedRun): Promise<readonly MetricsLine[]> {
  const text = await readFile(recorded.metrics.path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line): MetricsLine => JSON.parse(line));
}

describe('the figure of learning curves', () => {
  let runs: readonly RecordedRun[];
  let result: StageResult;
  let svg: string;
  beforeAll(async () => {
    const scale = { epochs: 40, stepsPerEpoch: 16 };
    runs = await recordTests(await makeFolder(), ['MLP3', 'MLP1'], scale);
    result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    svg = readOutput(result, 'svg').toString('utf8');
  });

  it('is sound', () => expectSoundFigure(result));

  it('has a panel a model and a legend in the order of the paper', () => {
    const texts = readTexts(svg);
    expect(texts.filter((text) => text.startsWith('MLP'))).toEqual(['MLP1', 'MLP3']);
    const tests = ['True labels', 'Random labels', 'Shuffled pixels', 'Random pixels', 'Gaussian'];
    expect(texts.filter((text) => tests.includes(text))).toEqual(tests);
  });

  it('says what it shows', () => {
    const texts = readTexts(svg).join('\n');
    expect(texts).toContain('Synthetic data (not CIFAR-10) · 2,048 training images · n = 1 seed');
    expect(texts).toContain('Figure 1a. Learning curves');
    expect(readCaption(result)).toContain('after each 391 steps, not every epoch.');
    expect(texts).toContain('training steps (batches of 128)');
    expect(texts).toContain('mean training loss (nats)');
  });

  it('writes every logged step to the CSV, as metrics.jsonl has it', async () => {
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    let compared = 0;
    for (const recorded of runs) {
      const metrics = await readMetrics(recorded);
      const steps = metrics.filter(({ kind }) => kind === 'step');
      const threshold = metrics.find(({ kind }) => kind === 'threshold')?.step;
      const own = rows.filter(({ experiment }) => experiment === recorded.name);
      expect(own).toHaveLength(steps.length);
      for (const [index, row] of own.entries()) {
        const step = steps[index];
        // The mean over one epoch, 16 steps, centred: 8 to either side, fewer near the start.
        const reach = Math.min(8, index);
        const window = steps.slice(index - reach, index + reach + 1).map(({ loss }) => loss);
        const mean = window.reduce((sum, loss) => sum + loss, 0) / window.length;
        expect(Number(row['step'])).toBe(step?.step);
        expect(Number(row['epoch'])).toBe(step?.epoch);
        expect(Number(row['loss'])).toBe(step?.loss);
        const smoothed = Number(row['smoothed']);
        if (index + reach < steps.length) expect(Math.abs(smoothed - mean)).toBeLessThan(1e-6);
        // Where the curve ends before that, it goes on as it did, within the losses there.
        else expect(smoothed).toBeGreaterThanOrEqual(Math.min(...window) - 1e-6);
        expect(row['threshold']).toBe(String(step?.step === threshold));
        compared += 1;
      }
    }
    expect(compared).toBe(rows.length);
    expect(new Set(rows.map(({ test }) => test))).toEqual(
      new Set(['True labels', 'Random labels', 'Shuffled pixels', 'Random pixels', 'Gaussian']),
    );
  });

  it('has the same bytes again, whatever the order of its inputs', async () => {
    const shuffled = runs.map(({ metrics }) => metrics).toReversed();
    const again = await runStage(run, { metrics: shuffled });
    for (const [name, bytes] of result.files) {
      expect(again.files.get(name)?.equals(bytes), name).toBe(true);
    }
  });
});

describe('learning curves', () => {
  it('stay small however long the training, while the CSV keeps every step', async () => {
    const scale = { epochs: 20, stepsPerEpoch: 391, synthetic: false };
    const models = ['MLP1', 'AlexNetSmall', 'InceptionSmallWithoutBN'];
    const runs = await recordTests(await makeFolder(), models, scale);
    const inputs = { metrics: runs.map(({ metrics }) => metrics) };
    const result = await runStage(run, inputs);
    await expectSoundFigure(result);
    expect(readOutput(result, 'svg').length).toBeLessThan(250_000);
    expect(parseCsv(readOutput(result, 'csv').toString('utf8')).length).toBeGreaterThan(80_000);
    expect(readTexts(readOutput(result, 'svg').toString('utf8')).join('\n')).toMatch(
      /^CIFAR-10 · 50,000 training images · n = 1 seed · results [0-9a-f]{8}$/m,
    );
  });

  it('of several seeds have a mean with its interval, and single runs behind', async () => {
    const folder = await makeFolder();
    const plan = { model: 'MLP1', p: 1, corruption: 'none', threshold: 4, testError: 0.9 } as const;
    const runs = [];
    for (const seed of [42, 43, 44]) {
      runs.push(await recordRun(folder, { ...plan, seed, epochs: 4, stepsPerEpoch: 8, pace: 3 }));
    }
    const result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    await expectSoundFigure(result);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    const means = rows.filter(({ statistic }) => statistic === 'mean');
    expect(means).toHaveLength(32);
    for (const { step, n, smoothed, smoothed_low: low, smoothed_high: high } of means) {
      const values = rows.flatMap((row) =>
        row['statistic'] === 'run' && row['step'] === step ? [Number(row['smoothed'])] : [],
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / 3;
      expect([n, values.length]).toEqual(['3', 3]);
      expect(Number(smoothed)).toBeCloseTo(mean, 9);
      expect(Number(low) + Number(high)).toBeCloseTo(2 * mean, 9);
      expect(Number(high)).toBeGreaterThan(mean);
    }
    const text = readCaption(result);
    expect(text).toContain('n = 3 seeds');
    expect(text).toContain('mean of n = 3 runs; bands: its 95% interval');
  });

  it('say which training diverged, and draw it as far as it came', async () => {
    const folder = await makeFolder();
    const plan = { model: 'MLP1', corruption: 'none', stepsPerEpoch: 16, testError: 0.9 } as const;
    const runs = [
      await recordRun(folder, { ...plan, p: 0, epochs: 10, threshold: 9, pace: 5 }),
      await recordRun(folder, {
        ...plan,
        p: 1,
        epochs: 2,
        threshold: null,
        pace: 50,
        diverged: true,
      }),
    ];
    const result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    await expectSoundFigure(result);
    expect(readTexts(readOutput(result, 'svg').toString('utf8')).join(' ')).toContain(
      'Diverged: MLP1_1.0_none.',
    );
  });

  it('of a model that met no threshold have no dot, and cost no warning', async () => {
    const folder = await makeFolder();
    const plan = {
      p: 0,
      corruption: 'none',
      stepsPerEpoch: 16,
      testError: 0.9,
      epochs: 4,
    } as const;
    const runs = [
      await recordRun(folder, { ...plan, model: 'MLP1', threshold: 4, pace: 3 }),
      await recordRun(folder, { ...plan, model: 'Net', threshold: null, pace: 30 }),
    ];
    const result = await runStage(run, { metrics: runs.map(({ metrics }) => metrics) });
    await expectSoundFigure(result);
  });

  it('fail where there is nothing to draw', async () => {
    await expect(runStage(run, { metrics: [] })).rejects.toMatchObject({
      name: 'StageFailure',
      message: expect.stringContaining("input 'metrics'"),
    });
  });
});
