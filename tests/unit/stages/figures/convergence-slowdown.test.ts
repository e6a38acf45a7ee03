import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../../stages/figures/convergence-slowdown.ts';
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
  recordRun,
  runStage,
  type StageResult,
} from '../../experiment/plot/recorded-runs.ts';

const NO_INTERVALS = Object.fromEntries(
  ['epochs', 'steps', 'relative'].flatMap((field) => [
    [`${field}_low`, ''],
    [`${field}_high`, ''],
  ]),
);
const PREFIXES = ['', 'minutes_'];

function listStageInputs(runs: readonly RecordedRun[]) {
  return {
    evaluations: runs.map(({ evaluation }) => evaluation),
    timings: runs.map(({ timing }) => timing),
  };
}

/** Finds the epoch and step of the threshold in metrics.jsonl, else those of its last epoch. */
async function findThreshold(recorded: RecordedRun) {
  const lines: { kind: string; epoch: number; step: number }[] = (
    await readFile(recorded.metrics.path, 'utf8')
  )
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const threshold = lines.find(({ kind }) => kind === 'threshold');
  const last = lines.findLast(({ kind }) => kind === 'epoch');
  const { epoch, step } = threshold ?? last ?? { epoch: Number.NaN, step: Number.NaN };
  return { reached: threshold !== undefined, epoch, step };
}

describe('the figures of convergence slowdown', () => {
  const levels = [0, 0.2, 0.5, 0.8, 1];
  let runs: readonly RecordedRun[];
  let result: StageResult;
  beforeAll(async () => {
    const scale = { epochs: 30, stepsPerEpoch: 16 };
    runs = await recordLevels(await makeFolder(), ['Net', 'MLP1'], levels, scale);
    result = await runStage(run, listStageInputs(runs), PREFIXES);
  });

  it.each(PREFIXES)('are sound (%s)', (prefix) => expectSoundFigure(result, prefix));

  it('hold in their CSV what metrics.jsonl and timing.jsonl say', async () => {
    const steps = parseCsv(readOutput(result, 'csv').toString('utf8'));
    const minutes = parseCsv(readOutput(result, 'minutes_csv').toString('utf8'));
    expect(steps).toHaveLength(runs.length);
    expect(minutes).toHaveLength(runs.length);
    const thresholds = new Map<string, Awaited<ReturnType<typeof findThreshold>>>();
    for (const recorded of runs) thresholds.set(recorded.name, await findThreshold(recorded));

    for (const recorded of runs) {
      const threshold = thresholds.get(recorded.name);
      const row = steps.find(({ experiment }) => experiment === recorded.name);
      const baseline = thresholds.get(`${row?.['model']}_0.0_none`);
      expect(row).toEqual({
        model: recorded.name.split('_')[0],
        p: String(recorded.evaluation.cell['p']),
        statistic: 'run',
        seed: '42',
        n: '1',
        experiment: recorded.name,
        reached: String(threshold?.reached),
        epochs: String(threshold?.epoch),
        steps: String(threshold?.step),
        ...NO_INTERVALS,
        relative: String((threshold?.step ?? Number.NaN) / (baseline?.step ?? Number.NaN)),
      });

      const timing: { epoch: number; seconds: number }[] = (
        await readFile(recorded.timing.path, 'utf8')
      )
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const seconds = timing.find(({ epoch }) => epoch === threshold?.epoch)?.seconds;
      const time = minutes.find(({ experiment }) => experiment === recorded.name);
      expect(Number(time?.['minutes'])).toBeCloseTo((seconds ?? Number.NaN) / 60, 12);
    }
  });

  it('draw a run that never reached the threshold as an open mark, and name it', () => {
    for (const [name, panels] of [
      ['svg', 2],
      ['minutes_svg', 1],
    ] as const) {
      const svg = readOutput(result, name).toString('utf8');
      const points = readPoints(svg);
      expect(points).toHaveLength(panels * runs.length);
      for (const { experiment, fill, stroke } of points) {
        const open = /^Net_(0\.5|0\.8|1\.0)/.test(experiment);
        expect({ experiment, open: fill === 'white' }).toEqual({ experiment, open });
        if (open) expect(stroke).toBe('#333333');
      }
      expect(readTexts(svg).join(' ')).toContain(
        'Open marks: threshold not reached, drawn at the last epoch.',
      );
      expect(readCaption(result)).toContain('So it is with Net at p = 0.5, 0.8, 1.');
    }
  });

  it('label the levels of p and the axes with their units', () => {
    const texts = readTexts(readOutput(result, 'svg').toString('utf8'));
    for (const level of levels) expect(texts).toContain(String(level));
    expect(texts).toContain('steps to the threshold');
    expect(texts).toContain('steps relative to p = 0');
    const minutes = readTexts(readOutput(result, 'minutes_svg').toString('utf8'));
    expect(minutes).toContain('minutes to the threshold');
  });

  it('have the same bytes again, whatever the order of their inputs', async () => {
    const { evaluations, timings } = listStageInputs(runs);
    const again = await runStage(run, { evaluations: evaluations.toReversed(), timings }, PREFIXES);
    for (const [name, bytes] of result.files) {
      expect(again.files.get(name)?.equals(bytes), name).toBe(true);
    }
  });
});

describe('convergence slowdown', () => {
  const plan = {
    model: 'MLP1',
    corruption: 'none',
    stepsPerEpoch: 4,
    epochs: 5,
    pace: 3,
    testError: 0.9,
  } as const;

  it('leaves relative values empty without a threshold at p = 0, and says so', async () => {
    const folder = await makeFolder();
    const runs = [
      await recordRun(folder, { ...plan, p: 0, threshold: null }),
      await recordRun(folder, { ...plan, p: 1, threshold: 5 }),
    ];
    const result = await runStage(run, listStageInputs(runs), PREFIXES);
    await expectSoundFigure(result);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows.map(({ relative }) => relative)).toEqual(['', '']);
    expect(readCaption(result)).toContain(
      'No relative value, for want of a threshold at p = 0: MLP1.',
    );
  });

  it('draws a figure in which no run reached the threshold', async () => {
    const runs = [await recordRun(await makeFolder(), { ...plan, p: 0, threshold: null })];
    const result = await runStage(run, listStageInputs(runs), PREFIXES);
    await expectSoundFigure(result);
    await expectSoundFigure(result, 'minutes_');
  });

  it('relates each seed to its own run at p = 0', async () => {
    const folder = await makeFolder();
    const runs = [
      await recordRun(folder, { ...plan, p: 0, threshold: 2 }),
      await recordRun(folder, { ...plan, p: 1, threshold: 4 }),
      await recordRun(folder, { ...plan, seed: 43, p: 0, threshold: 1 }),
      await recordRun(folder, { ...plan, seed: 43, p: 1, threshold: 5 }),
    ];
    const cells = runs.map((recorded, i) => {
      const cell = { ...recorded.timing.cell, seed: i < 2 ? 42 : 43 };
      return {
        ...recorded,
        evaluation: { ...recorded.evaluation, cell },
        timing: { ...recorded.timing, cell },
      };
    });
    const result = await runStage(run, listStageInputs(cells), PREFIXES);
    await expectSoundFigure(result);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    const runRows = rows.filter(({ statistic }) => statistic === 'run');
    expect(runRows.map(({ experiment, relative }) => [experiment, relative])).toEqual([
      ['MLP1_0.0_none', '1'],
      ['MLP1_1.0_none', '2'],
      ['MLP1_0.0_none_s43', '1'],
      ['MLP1_1.0_none_s43', '5'],
    ]);
    // Two runs at p = 1, relative 2 and 5: 3.5 ± 12.706 · 1.5.
    const mean = rows.find(({ statistic, p }) => statistic === 'mean' && p === '1');
    expect(mean).toMatchObject({ n: '2', seed: '', relative: '3.5', reached: 'true' });
    expect(Number(mean?.['relative_low'])).toBeCloseTo(3.5 - 12.7062 * 1.5, 3);
    expect(Number(mean?.['relative_high'])).toBeCloseTo(3.5 + 12.7062 * 1.5, 3);
    expect(readCaption(result)).toContain(
      "Strong: mean of n = 2 runs; bars: its 95% interval (Student's t); faint: runs.",
    );
  });

  it('fails where an evaluation has no timing, or the timing lacks its epoch', async () => {
    const folder = await makeFolder();
    const one = await recordRun(folder, { ...plan, p: 0, threshold: 2 });
    const other = await recordRun(folder, { ...plan, p: 1, threshold: 4 });
    await expect(
      runStage(run, { evaluations: [one.evaluation], timings: [other.timing] }, PREFIXES),
    ).rejects.toThrow('expected a timing for');
    const longer = await recordRun(folder, { ...plan, epochs: 9, p: 0.5, threshold: 9 });
    const timing = { ...one.timing, cell: longer.timing.cell };
    await expect(
      runStage(run, { evaluations: [longer.evaluation], timings: [timing] }, PREFIXES),
    ).rejects.toThrow('expected the time at the end of epoch 9');
  });
});
