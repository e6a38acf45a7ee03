import { beforeAll, describe, expect, it } from 'vitest';
import { readTrainingRun } from '../../../../experiment/recorded/read-runs.ts';
import {
  drawSeedImportance,
  type RestartedRun,
} from '../../../../stages/figures/seed-importance.ts';
import { makeFolder, recordRun } from '../../experiment/plot/recorded-runs.ts';

const EPOCHS = 30;
const STEPS_PER_EPOCH = 391;
const RESUMED = [10 * STEPS_PER_EPOCH, 20 * STEPS_PER_EPOCH];

interface Row {
  readonly restart: string;
  readonly step: number;
  readonly loss: number;
  readonly smoothed: number;
}

async function train(seed: number): Promise<RestartedRun['run']> {
  const plan = {
    model: 'MLP1',
    p: 1,
    corruption: 'none',
    threshold: null,
    testError: 0.9,
  } as const;
  const scale = { epochs: EPOCHS, stepsPerEpoch: STEPS_PER_EPOCH, pace: 20 };
  const { metrics } = await recordRun(await makeFolder(), { ...plan, ...scale, seed });
  return readTrainingRun(metrics);
}

describe('the figure of resumed trainings', () => {
  let rows: readonly Row[];
  let drawn: readonly Row[];
  beforeAll(async () => {
    const [straight, other] = [await train(42), await train(43)];
    const starts = [0, ...RESUMED].map((step) => ({ seed: 42, epoch: 0, step }));
    const figure = drawSeedImportance(
      [],
      [
        { run: straight, starts: starts.slice(0, 1), restart: 'straight' },
        { run: { ...straight, experiment: 'seeded' }, starts, restart: 'seeded' },
        { run: other, starts, restart: 'unseeded' },
      ],
    );
    rows = [...figure.csv.rows] as unknown as readonly Row[];
    drawn = figure.values as readonly Row[];
  });
  const of = (all: readonly Row[], restart: string) => all.filter((row) => row.restart === restart);

  it('has means with the seed that are those of the training without interruption', () => {
    const [straight, seeded] = ['Never interrupted', 'Resumed with its seed'].map((restart) =>
      of(rows, restart).map(({ smoothed }) => smoothed),
    );
    expect(straight).toHaveLength(EPOCHS * STEPS_PER_EPOCH);
    expect(seeded).toEqual(straight);
  });

  it('takes no mean over a start with new data', () => {
    for (const last of RESUMED) {
      const first = of(rows, 'Resumed without a seed').find(({ step }) => step === last + 1);
      expect(first?.smoothed).toBeCloseTo(first?.loss ?? Number.NaN, 6);
    }
  });

  it('draws what pixels can show, and each extreme, while the CSV keeps every step', () => {
    expect(rows).toHaveLength(3 * EPOCHS * STEPS_PER_EPOCH);
    for (const restart of new Set(rows.map((row) => row.restart))) {
      const [all, shown] = [rows, drawn].map((one) => of(one, restart).map(({ loss }) => loss));
      expect(shown?.length).toBeLessThan(1200);
      expect(Math.max(...(shown ?? []))).toBe(Math.max(...(all ?? [])));
      expect(Math.min(...(shown ?? []))).toBe(Math.min(...(all ?? [])));
    }
    const steps = of(drawn, 'Resumed without a seed').map(({ step }) => step);
    expect(steps).toEqual(expect.arrayContaining(RESUMED.flatMap((step) => [step, step + 1])));
  });
});
