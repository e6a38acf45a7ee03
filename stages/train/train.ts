/**
 * The stage `train`, whichever the engine: trains the model of one experiment on its data. A training that was killed is
 * taken up from its last checkpoint, and one with more epochs goes on from the end of a shorter one;
 * both end with the same bytes as one that started from nothing.
 */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import {
  describeTraining,
  formatMetrics,
  type MetricsLine,
} from '../../experiment/recorded/metrics.ts';
import { formatTiming } from '../../experiment/recorded/timing.ts';
import { encodeCheckpoint, encodeWeights } from '../../experiment/training/checkpoint.ts';
import { saveCheckpoint } from '../../experiment/training/checkpoint-store.ts';
import type { CreateEngine } from '../../experiment/training/engine.ts';
import { type Experiment, readExperiment } from '../../experiment/training/experiment.ts';
import { outputPath } from '../../experiment/training/job-files.ts';
import { say } from '../../experiment/training/progress.ts';
import { type TrainingOutcome, trainModel } from '../../experiment/training/train-loop.ts';
import { MemoryWatch } from '../../experiment/training/watch-memory.ts';
import { findStart } from './find-start.ts';

/**
 * Runs the stage on an engine. Reads the parameter `config` and the input `data`; writes the outputs `metrics`,
 * `threshold` (the model at the interpolation threshold, or at the end where it was never
 * reached), `checkpoint` and `timing`.
 */
export async function train(context: StageContext, createEngine: CreateEngine): Promise<void> {
  const { emit, scratch, signal } = context;
  const experiment = await readExperiment(context);
  const { config, model, dataset } = experiment;
  const engine = await createEngine(experiment.engine, {
    model,
    sgd: { momentum: config.momentum, weightDecay: config.weight_decay },
    threads: context.cpusNow(),
  });
  const runLine = describeTraining(experiment);
  const resumed = await findStart(context, model, runLine);
  if (resumed !== null) say(emit, `Resuming training from epoch ${resumed.epoch + 1}`);
  const memory = new MemoryWatch(context);
  const outcome = await trainModel({
    config,
    model,
    dataset,
    engine,
    runLine,
    resumed,
    save: (checkpoint) => saveCheckpoint(scratch, model, checkpoint),
    emit,
    signal,
    cpusNow: context.cpusNow,
    onEpoch: () => memory.look(),
    now: () => performance.now() / 1000,
  });
  await writeOutputs(context, experiment, outcome);
  reportSummary(context, outcome);
}

async function writeOutputs(
  context: StageContext,
  { model }: Experiment,
  outcome: TrainingOutcome,
): Promise<void> {
  const { checkpoint, timing } = outcome;
  const metrics = formatMetrics(allLines(outcome));
  const values = checkpoint.threshold ?? checkpoint.state;
  const metadata = { model: model.name, reached: String(checkpoint.threshold !== null) };
  await writeFile(outputPath(context, 'metrics'), metrics);
  await writeFile(outputPath(context, 'threshold'), encodeWeights(model, values, metadata));
  await writeFile(
    outputPath(context, 'checkpoint'),
    encodeCheckpoint(model, { ...checkpoint, timing: null }),
  );
  await writeFile(outputPath(context, 'timing'), formatTiming(timing));
}

function allLines({ checkpoint, end }: TrainingOutcome): readonly MetricsLine[] {
  const { metrics } = checkpoint;
  return metrics.at(-1)?.kind === 'end' ? metrics : [...metrics, end];
}

function reportSummary({ emit }: StageContext, { checkpoint, end }: TrainingOutcome): void {
  const last = checkpoint.metrics.findLast((line) => line.kind === 'epoch');
  emit({
    type: 'summary',
    values: {
      epochs: end.epoch,
      steps: end.step,
      loss: last?.loss ?? null,
      accuracy: last?.accuracy ?? null,
      reached: checkpoint.threshold !== null,
    },
  });
}
