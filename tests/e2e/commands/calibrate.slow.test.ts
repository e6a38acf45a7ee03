import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProjectCopy } from '../../fixtures/project.ts';

let project: ProjectCopy;
beforeAll(() => {
  project = new ProjectCopy();
});
afterAll(() => project.remove());

const TINY = ['--profile', 'paper', '--set', 'models=[MLP1]', '--set', 'levels=[0, 1]'];
const NARROW = [...TINY, '--set', 'training.width=0.05', '--set', 'training.epochs=10'];

interface Calibration {
  readonly machine: { readonly processor: string; readonly cores: number };
  readonly images: { readonly train: number };
  readonly steps: readonly {
    readonly model: string;
    readonly threads: number;
    readonly step: number;
  }[];
}

interface Plan {
  readonly nodes: readonly {
    readonly node: string;
    readonly predictedFrom: string | null;
    readonly predictedSeconds: number | null;
    readonly notes?: readonly string[];
  }[];
  readonly cost: {
    readonly unknown: readonly string[];
    readonly total: { readonly cpuHours: { readonly least: number; readonly most: number } };
  };
}

it('measures steps of the models of a profile, and plans by them on a cluster', async () => {
  const target = 'plot-generalization-error';
  const plan = async () => {
    const args = ['plan', target, ...NARROW, '--executor', 'slurm', '--json'];
    return JSON.parse((await project.pipeline(args)).stdout) as Plan;
  };
  const before = await plan();
  expect(before.cost.unknown).toEqual(
    expect.arrayContaining(['train/MLP1_0.0_none', 'evaluate/MLP1_1.0_none']),
  );
  const refused = await project.pipeline(['run', target, ...NARROW, '--budget', '1000']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('pipeline calibrate measures');

  const told = await project.pipeline([
    'calibrate',
    'MLP1',
    ...NARROW,
    '--seconds',
    '0.1',
    '--json',
  ]);
  expect(told.code, told.stderr).toBe(0);
  const { steps, images, machine } = JSON.parse(told.stdout) as Calibration;
  expect(images.train).toBe(50_000);
  expect(new Set(steps.map(({ model }) => model))).toEqual(new Set(['MLP1']));
  expect(steps.map(({ threads }) => threads)).toEqual(
    machine.cores === 1 ? [1] : [1, Math.min(machine.cores, 16)],
  );

  const after = await plan();
  expect(after.cost.unknown).toEqual([]);
  const trained = after.nodes.find(({ node }) => node === 'train/MLP1_0.0_none');
  expect(trained).toMatchObject({ predictedFrom: 'calibrated' });
  expect(trained?.notes).toContain('10 epochs');
  // A job asks for one CPU, so the step of one thread counts; the rest is the test and the start.
  const training = (steps[0]?.step ?? 0) * Math.ceil(50_000 / 128) * 10;
  expect(trained?.predictedSeconds).toBeGreaterThanOrEqual(training);
  expect(trained?.predictedSeconds).toBeLessThan(training + 60);
  expect(after.cost.total.cpuHours.most).toBeGreaterThan((2 * training) / 3600);

  const unknown = await project.pipeline(['calibrate', 'WideResNet', ...NARROW]);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('the profile trains no WideResNet; its models are MLP1');
});
