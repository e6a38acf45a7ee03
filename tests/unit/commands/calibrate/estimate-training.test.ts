import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EstimateContext, PastWork, WorkToEstimate } from 'rederive/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { estimate } from '../../../../commands/calibrate/estimate-training.ts';
import {
  type KeptStep,
  keepStep,
  nameMachine,
  readSteps,
} from '../../../../commands/calibrate/kept-steps.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'calibrate-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const CONFIG = {
  model_name: 'MLP1',
  bn: false,
  width: 1,
  seed: 42,
  split: 'paper',
  batch_size: 100,
  learning_rate: 0.01,
  lr_decay: 0.95,
  decay_steps: null,
  momentum: 0.9,
  weight_decay: 0,
  num_epochs: 20,
  stop_at_interpolation: false,
  log_every: 1,
  checkpoint_every: 10,
  label_corruption_prob: 0,
  data_corruption_type: 'none',
  tracker: 'none',
};
const engine = { name: 'onnx', device: 'cpu', layout: 'auto' };
const STEP: KeptStep = {
  ...{ model: 'MLP1', width: 1, batchSize: 100, engine: 'onnx', device: 'cpu', layout: 'auto' },
  ...{ threads: 1, step: 0.1, test: 0.05, opening: 2, adapter: null },
  ...nameMachine(),
  measuredAt: '2026-01-01T00:00:00Z',
};

function node(config: object = {}, more: Partial<WorkToEstimate> = {}): WorkToEstimate {
  const params = { engine, config: { ...CONFIG, ...config } };
  return {
    node: 'train/a',
    stage: 'train',
    cell: {},
    params,
    cpus: { least: 1, most: 1 },
    gpus: 0,
    ...more,
  };
}

function ran(
  config: object,
  epochs: number,
  seconds = 1000,
  isWhole: boolean | null = true,
): PastWork {
  const { params } = node(config);
  const summary = { epochs, steps: epochs * 10, reached: true };
  return { node: 'train/b', cell: {}, params, seconds, isWhole, cpus: 1, summary };
}

/** What is said of a node, with 1,000 images to train on and 200 to test. */
async function ask(one: WorkToEstimate, more: Partial<EstimateContext> = {}) {
  const parameters = { dataset: { train: 1000, test: 200, split: 'paper' } };
  const past = () => [];
  const context = {
    workspace: '/',
    state,
    parameters,
    isCluster: false,
    nodes: [one],
    past,
    ...more,
  };
  return (await estimate(context))[0];
}

it('multiplies calibrated steps with the epochs of the config, tests included', async () => {
  expect(await ask(node())).toBeNull();
  keepStep(state, STEP);
  expect(await ask(node())).toMatchObject({
    seconds: { least: 2 + 20 * 10 * 0.1, most: 2 + 20 * 10 * 0.1 },
    cpus: 1,
    source: 'calibrated',
    notes: [expect.stringContaining('1 thread'), '20 epochs'],
  });
  // Two batches of tests every other epoch.
  expect((await ask(node({ evaluate_every: 2 })))?.seconds.most).toBe(2 + 20 * (10 * 0.1 + 0.05));
  expect(await ask(node({ stop_at_interpolation: true }))).toMatchObject({
    seconds: { least: 2 + 1, most: 2 + 20 },
    notes: [expect.anything(), 'at most 20 epochs'],
  });
  expect((await ask(node({}, { stage: 'evaluate' })))?.seconds.most).toBe(2 + 2 * 0.05);
  expect(await ask(node({ width: 2 }))).toBeNull();
});

it('takes the step with as many threads as the node has, the next fewer, or the fewest', async () => {
  keepStep(state, { ...STEP, threads: 4, step: 0.03 });
  const cpusOf = async (most: number) => (await ask(node({}, { cpus: { least: 1, most } })))?.cpus;
  expect([await cpusOf(1), await cpusOf(4)]).toEqual([4, 4]);
  keepStep(state, STEP);
  expect([await cpusOf(1), await cpusOf(3), await cpusOf(16)]).toEqual([1, 1, 4]);
});

it('goes by another machine on a cluster alone, and says which', async () => {
  keepStep(state, { ...STEP, processor: 'Big Iron', cores: 512 });
  expect(await ask(node())).toBeNull();
  const told = await ask(node(), { isCluster: true });
  expect(told?.notes[0]).toBe('steps of Big Iron, 1 thread');
});

it('takes what the same work took, and the epochs that its like needed', async () => {
  const past = (runs: readonly PastWork[]) => ({ past: () => runs });
  const stops = { stop_at_interpolation: true };
  expect(await ask(node(), past([ran({}, 20)]))).toMatchObject({
    seconds: { least: 1000, most: 1000 },
    source: 'recorded',
  });
  // Another seed tells how many epochs; without a calibration its steps tell how long they take.
  const like = [ran({ ...stops, seed: 1 }, 5, 100), ran({ ...stops, seed: 2 }, 8, 160)];
  expect(await ask(node(stops), past(like))).toMatchObject({
    seconds: { least: 100, most: 160 },
    source: 'recorded',
  });
  keepStep(state, STEP);
  expect((await ask(node(stops), past(like)))?.seconds).toEqual({ least: 2 + 5, most: 2 + 8 });
  // Other labels, other images or another form of config say nothing.
  const other = [ran({ ...stops, label_corruption_prob: 1 }, 5), ran({ nonsense: 1 }, 3)];
  expect((await ask(node(stops), past(other)))?.seconds).toEqual({ least: 3, most: 22 });
});

it('takes no run for all its work that went on from another', async () => {
  const past = (...runs: readonly PastWork[]) => ({ past: () => runs });
  // It had done most of its 200 steps before it was taken up.
  const resumed = ran({}, 20, 10, false);
  expect(await ask(node(), past(resumed))).toBeNull();
  const whole = ran({ seed: 1 }, 20, 1000);
  expect((await ask(node(), past(resumed, whole)))?.seconds).toEqual({ least: 1000, most: 1000 });
  expect((await ask(node(), past(resumed, ran({}, 20, 900))))?.seconds.most).toBe(900);
  // Of what an earlier version ran nothing tells: the slowest counts, and no less than the work took.
  const old = [
    ran({}, 20, 10, null),
    ran({ seed: 1 }, 20, 800, null),
    ran({ seed: 2 }, 20, 9, null),
  ];
  expect(await ask(node(), past(...old))).toMatchObject({
    seconds: { least: 800, most: 800 },
    notes: ['the slowest steps of earlier trainings', '20 epochs'],
  });
  keepStep(state, STEP);
  expect((await ask(node(), past(resumed)))?.seconds.most).toBe(2 + 20);
  expect((await ask(node(), past(ran({}, 20, 50, false))))?.seconds.most).toBe(50);
});

it('keeps one measurement of each kind, and takes a damaged file for none', () => {
  keepStep(state, STEP);
  keepStep(state, { ...STEP, step: 0.2, measuredAt: '2026-01-02T00:00:00Z' });
  expect(readSteps(state).map(({ step }) => step)).toEqual([0.2]);
  writeFileSync(join(state, 'steps.json'), '{"schema":1,"steps":[{"model":"MLP1","step":"fast"}]}');
  expect(readSteps(state)).toEqual([]);
});
