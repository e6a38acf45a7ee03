/**
 * The stage `interrupt`, whichever the engine: trains on random labels, is interrupted in the midst of
 * an epoch, and goes on from the last checkpoint, with its seed or without one. Shows that a resumed
 * training needs the seed: labels and split are drawn when the data is prepared.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageContext } from 'rederive/contract';
import { corruptRecords, keepImages } from '../../experiment/corruption/corrupt-records.ts';
import { type Records, readRecords } from '../../experiment/data/records.ts';
import type { Model } from '../../experiment/models/model.ts';
import { type ExperimentConfig, parseConfig } from '../../experiment/recorded/config.ts';
import {
  describeTraining,
  formatMetrics,
  type MetricsLine,
} from '../../experiment/recorded/metrics.ts';
import type { TrainingStart } from '../../experiment/recorded/start.ts';
import type { Checkpoint } from '../../experiment/training/checkpoint.ts';
import {
  loadNewestCheckpoint,
  saveCheckpoint,
} from '../../experiment/training/checkpoint-store.ts';
import type { CreateEngine, Engine } from '../../experiment/training/engine.ts';
import { type Experiment, readEngine, readModel } from '../../experiment/training/experiment.ts';
import { inputPath, outputPath } from '../../experiment/training/job-files.ts';
import { epochLabel, say } from '../../experiment/training/progress.ts';
import { trainModel } from '../../experiment/training/train-loop.ts';
import { type InterruptSettings, readInterruptSettings, type Start } from './settings.ts';

/**
 * Runs the stage on an engine. Reads the parameter `config` and the inputs `architecture` and `records`;
 * writes the
 * outputs `metrics`, as the stage `train` does, and `starts`, one line of JSON a start.
 */
export async function interrupt(context: StageContext, createEngine: CreateEngine): Promise<void> {
  const settings = readInterruptSettings(context);
  const config: ExperimentConfig = {
    ...parseConfig(context.params['config']),
    split: 'seed',
    num_epochs: settings.epochs,
    stop_at_interpolation: false,
    // Every epoch is offered to be saved; those before an interruption are.
    checkpoint_every: 1,
  };
  const model = await readModel(context, config);
  const engineSettings = readEngine(context);
  const records = await readRecords(inputPath(context, 'records'), settings);
  const folder = join(context.scratch, settings.restart);
  // What an earlier attempt of this stage has left is no interruption of this training.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const starts: TrainingStart[] = [];
  let metrics: readonly MetricsLine[] = [];
  for (const start of settings.starts) {
    const resumed = await loadNewestCheckpoint(
      folder,
      model,
      () => true,
      (text) => say(context.emit, text, 'warning'),
    );
    starts.push({ seed: start.seed, epoch: resumed?.epoch ?? 0, step: resumed?.step ?? 0 });
    const engine = await createEngine(engineSettings, {
      model,
      sgd: { momentum: config.momentum, weightDecay: config.weight_decay },
      threads: context.cpusNow(),
    });
    const job = {
      context,
      settings,
      config,
      model,
      engine,
      records,
      folder,
      engineSettings,
    };
    metrics = (await runStart(job, start, resumed)) ?? metrics;
  }
  await writeFile(outputPath(context, 'metrics'), formatMetrics(metrics));
  const lines = starts.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(outputPath(context, 'starts'), lines);
  context.emit({ type: 'summary', values: { starts: starts.length, epochs: settings.epochs } });
}

interface Job {
  readonly context: StageContext;
  readonly settings: InterruptSettings;
  readonly config: ExperimentConfig;
  readonly model: Model;
  readonly engine: Engine;
  readonly engineSettings: Experiment['engine'];
  readonly records: Records;
  /** Where checkpoints are. */
  readonly folder: string;
}

/** Trains from a start to its interruption, or to the end. @returns the metrics at the end, or null */
async function runStart(
  { context, settings, config, model, engine, engineSettings, records, folder }: Job,
  { seed, until }: Start,
  resumed: Checkpoint | null,
): Promise<readonly MetricsLine[] | null> {
  const { train, test } = settings;
  const { dataset } = corruptRecords(
    records,
    { seed, train, test, split: 'seed', corruption: 'none', p: config.label_corruption_prob },
    keepImages,
  );
  const name = context.node.slice(context.node.indexOf('/') + 1);
  const interruption = new AbortController();
  try {
    const { checkpoint, end } = await trainModel({
      config: { ...config, seed },
      model,
      dataset,
      engine,
      runLine: describeTraining({ name, config, model, dataset, engine: engineSettings }),
      resumed,
      save: async (saved) => {
        if (saved.epoch === until) await saveCheckpoint(folder, model, saved);
      },
      emit: (event) => {
        context.emit(event);
        const isAmid = event.type === 'progress' && until !== null;
        if (isAmid && event.label === epochLabel(until + 1)) interruption.abort();
      },
      signal: AbortSignal.any([context.signal, interruption.signal]),
      cpusNow: context.cpusNow,
      now: () => performance.now() / 1000,
    });
    return checkpoint.metrics.at(-1)?.kind === 'end'
      ? checkpoint.metrics
      : [...checkpoint.metrics, end];
  } catch (error) {
    if (!interruption.signal.aborted || context.signal.aborted) throw error;
    say(context.emit, `Interrupted in epoch ${(until ?? 0) + 1}`);
    return null;
  } finally {
    await engine.close();
  }
}
