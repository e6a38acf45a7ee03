/** Generates what trainings and evaluations would have recorded, and runs plot stages on it. */

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatExperimentName } from '../../../../commands/experiment-name.ts';
import { openStream } from '../../../../experiment/data/random.ts';
import type { JobInput, StageContext, StageEvent } from '../../../../pipeline/contract/stage.ts';
import type { Json } from '../../../../pipeline/contract/values.ts';
import { $ } from '../../../fixtures/shell.ts';

/** What to generate. */
export interface RunPlan {
  readonly model: string;
  readonly p: number;
  readonly corruption: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The epoch that meets the threshold; null for none. */
  readonly threshold: number | null;
  /** Step losses fall from ln 10 with this time constant in epochs. */
  readonly pace: number;
  readonly testError: number;
  readonly synthetic?: boolean;
  readonly seed?: number;
  readonly diverged?: boolean;
  readonly width?: number;
  readonly decay?: boolean;
  readonly crop?: boolean;
  /** Whether the test images were looked at after each epoch. */
  readonly tested?: boolean;
  /** Steps between two logged ones; 1 where not given. */
  readonly logEvery?: number;
}

/** The files of one generated experiment, as inputs of a stage. */
export interface RecordedRun {
  readonly name: string;
  readonly metrics: JobInput;
  readonly evaluation: JobInput;
  readonly timing: JobInput;
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** Makes an empty folder. */
export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'plot-'));
}

/** Writes metrics.jsonl, evaluation.json and timing.jsonl of one experiment. */
export async function recordRun(folder: string, plan: RunPlan): Promise<RecordedRun> {
  const { model, p, corruption, epochs, stepsPerEpoch, threshold } = plan;
  const seed = plan.seed ?? 42;
  const decay = plan.decay ?? false;
  const crop = plan.crop ?? false;
  const name = formatExperimentName({ model, p, corruption, decay, crop, seed });
  const synthetic = plan.synthetic ?? true;
  const about = {
    experiment: name,
    model,
    corruption,
    p,
    seed,
    dataset: synthetic ? 'synthetic shapes' : 'CIFAR-10',
    synthetic,
    train: stepsPerEpoch === 391 ? 50_000 : stepsPerEpoch * 128,
    width: plan.width ?? 1,
    init: 'pytorch',
    weight_decay: decay ? 0.0005 : 0,
    crop,
    decay_every: stepsPerEpoch < 391 ? 391 : null,
  };
  const noise = openStream(7, `noise/${name}`);
  const metrics: object[] = [
    { kind: 'run', ...about, parameters: 1_209_866, batch_size: 128, engine: 'onnx' },
  ];
  const timing: object[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let i = 0; i < stepsPerEpoch; i++) {
      const step = (epoch - 1) * stepsPerEpoch + i + 1;
      const progress = step / stepsPerEpoch / plan.pace;
      const mean = Math.LN10 / (1 + Math.exp(9 * (progress - 0.7))) + 0.002;
      const loss = Math.fround(mean * Math.exp(0.07 * noise.normal()));
      if (step % (plan.logEvery ?? 1) === 0) {
        metrics.push({ kind: 'step', step, epoch, loss, accuracy: 0.5 });
      }
    }
    const end = { epoch, step: epoch * stepsPerEpoch };
    metrics.push({ kind: 'epoch', ...end, loss: 0.1, accuracy: 0.9, learning_rate: 0.01 });
    if (plan.tested) metrics.push({ kind: 'test', ...end, loss: 1 + 1 / epoch, accuracy: 0.6 });
    timing.push({ epoch, seconds: epoch * stepsPerEpoch * 0.0043 });
    if (epoch === threshold) {
      metrics.push({ kind: 'threshold', ...end, loss: 0.0099, accuracy: 0.998 });
    }
  }
  const last = { epoch: epochs, step: epochs * stepsPerEpoch };
  const reason = threshold === null ? 'epochs' : 'interpolated';
  metrics.push(
    plan.diverged
      ? { kind: 'end', ...last, reason: 'diverged', loss: 'NaN', learning_rate: 0.01 }
      : { kind: 'end', ...last, reason },
  );
  const at = threshold ?? epochs;
  const testAccuracy = 1 - plan.testError;
  const evaluation = {
    ...about,
    test: 1000,
    parameters: 1_209_866,
    reached: threshold !== null,
    epoch: at,
    step: at * stepsPerEpoch,
    train_loss: 0.0099,
    train_accuracy: 0.998,
    test_loss: 3.1,
    test_accuracy: testAccuracy,
    test_error: 1 - testAccuracy,
  };
  await mkdir(join(folder, name), { recursive: true });
  const cell = { model, corruption, p };
  const write = async (stage: string, file: string, lines: readonly object[]) => {
    const path = join(folder, name, file);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(path, text);
    const node = `${stage}/${name}`;
    const isVolatile = file === 'timing.jsonl';
    return { node, cell, path, fingerprint: hash(node), sha256: isVolatile ? null : hash(text) };
  };
  return {
    name,
    metrics: await write('train', 'metrics.jsonl', metrics),
    evaluation: await write('evaluate', 'evaluation.json', [evaluation]),
    timing: await write('train', 'timing.jsonl', timing),
  };
}

/** Records the five randomization tests of each model. */
export async function recordTests(
  folder: string,
  models: readonly string[],
  scale: { readonly epochs: number; readonly stepsPerEpoch: number; readonly synthetic?: boolean },
): Promise<readonly RecordedRun[]> {
  const tests = [
    { corruption: 'none', p: 0, pace: 0.25 },
    { corruption: 'none', p: 1, pace: 0.75 },
    { corruption: 'shuff_pix', p: 0, pace: 0.35 },
    { corruption: 'rand_pix', p: 0, pace: 0.5 },
    { corruption: 'gauss_pix', p: 0, pace: 0.42 },
  ] as const;
  const runs: RecordedRun[] = [];
  for (const [index, model] of models.entries()) {
    for (const { corruption, p, pace } of tests) {
      const stretch = pace * scale.epochs * (1 - 0.08 * index);
      runs.push(
        await recordRun(folder, {
          model,
          corruption,
          p,
          ...scale,
          threshold: Math.min(scale.epochs, Math.ceil(stretch * 1.3)),
          pace: stretch,
          testError: 0.5,
        }),
      );
    }
  }
  return runs;
}

/** Records one run a model and level; the model `Net` never reaches the threshold at p ≥ 0.5. */
export async function recordLevels(
  folder: string,
  models: readonly string[],
  levels: readonly number[],
  scale: { readonly epochs: number; readonly stepsPerEpoch: number; readonly synthetic?: boolean },
): Promise<readonly RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for (const [index, model] of models.entries()) {
    for (const p of levels) {
      const epochs = Math.ceil(
        scale.epochs * (0.22 + 0.55 * p ** (1 + 0.2 * index)) * (1 - 0.09 * index),
      );
      const threshold = model === 'Net' && p >= 0.5 ? null : epochs;
      runs.push(
        await recordRun(folder, {
          model,
          corruption: 'none',
          p,
          ...scale,
          epochs: threshold ?? scale.epochs,
          threshold,
          pace: epochs,
          testError: Math.round(1000 * (0.9 - (0.42 + 0.04 * index) * (1 - p ** 1.4))) / 1000,
        }),
      );
    }
  }
  return runs;
}

/** A stage run: the files it wrote by output name, and what it reported. */
export interface StageResult {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly folder: string;
  readonly events: readonly StageEvent[];
}

/** Runs a plot stage in a folder of its own. */
export async function runStage(
  run: (context: StageContext) => Promise<void>,
  inputs: Readonly<Record<string, readonly JobInput[]>>,
  prefixes: readonly string[] = [''],
  params: { readonly [key: string]: Json } = {},
  others: readonly string[] = [],
): Promise<StageResult> {
  const folder = await makeFolder();
  const names = prefixes.flatMap((prefix) =>
    ['spec', 'svg', 'png', 'csv'].map((name) => `${prefix}${name}`),
  );
  names.push(...others);
  const extension = (name: string) => name.replace(/^minutes_/, '').replace('spec', 'vl.json');
  const outputs = Object.fromEntries(
    names.map((name) => [name, join(folder, `${name}.${extension(name)}`)]),
  );
  const events: StageEvent[] = [];
  await run({
    schema: 1,
    node: 'plot-something',
    cell: {},
    params,
    inputs,
    outputs,
    previous: null,
    scratch: folder,
    workspace: folder,
    cpus: 1,
    memory: null,
    gpus: 0,
    cpusNow: () => 1,
    offline: true,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    $,
  });
  const files = new Map<string, Buffer>();
  for (const [name, path] of Object.entries(outputs)) files.set(name, await readFile(path));
  return { files, folder, events };
}
