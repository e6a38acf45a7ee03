/**
 * The stage `evaluate`, whichever the engine: measures the test error at the interpolation threshold (paper, figure 1c),
 * or at the last epoch where the threshold was never reached.
 */

import { readFile, writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { formatEvaluation, type Outcome } from '../../experiment/recorded/evaluation.ts';
import { parseMetrics } from '../../experiment/recorded/metrics.ts';
import { atRest, type CreateEngine } from '../../experiment/training/engine.ts';
import { readExperiment } from '../../experiment/training/experiment.ts';
import { inputPath, outputPath } from '../../experiment/training/job-files.ts';
import { say } from '../../experiment/training/progress.ts';
import { readWeights } from '../../experiment/training/read-weights.ts';
import { meansOf } from '../../experiment/training/tally.ts';
import { testModel } from '../../experiment/training/test-model.ts';

/**
 * Runs the stage on an engine. Reads the parameter `config` and the inputs `data`, `metrics` and `threshold`;
 * writes the output `evaluation`, one line of JSON. Where the test loss is not a finite number (a
 * training that diverged), the test's figures are null.
 *
 * @throws StageFailure where the training is not whole, or its weights cannot be read
 */
export async function evaluate(context: StageContext, createEngine: CreateEngine): Promise<void> {
  const experiment = await readExperiment(context);
  const { config, model, dataset } = experiment;
  const training = await readTraining(inputPath(context, 'metrics'));
  const values = await readWeights(inputPath(context, 'threshold'), model);
  const engine = await createEngine(experiment.engine, {
    model,
    sgd: { momentum: config.momentum, weightDecay: config.weight_decay },
    threads: context.cpus,
  });
  await engine.importState(atRest(values));
  const tally = await testModel({
    engine,
    model,
    dataset,
    batchSize: config.batch_size,
    emit: context.emit,
    signal: context.signal,
    onShare: (value) => context.emit({ type: 'fraction', value }),
  });
  await engine.close();
  const { loss, accuracy } = meansOf(tally);
  const measured = Number.isFinite(loss);
  const outcome: Outcome = {
    ...training,
    test_loss: measured ? loss : null,
    test_accuracy: measured ? accuracy : null,
    test_error: measured ? 1 - accuracy : null,
  };
  await writeFile(outputPath(context, 'evaluation'), formatEvaluation(experiment, outcome));
  if (measured) say(context.emit, `Test accuracy: ${(accuracy * 100).toFixed(1)}%`);
  else say(context.emit, 'No test accuracy: the training has diverged', 'warning');
  context.emit({
    type: 'summary',
    values: { test_error: outcome.test_error, reached: outcome.reached },
  });
}

/** Where the training stood when the weights under test were taken. */
type TrainingResult = Pick<Outcome, 'reached' | 'epoch' | 'step' | 'train_loss' | 'train_accuracy'>;

async function readTraining(path: string): Promise<TrainingResult> {
  const lines = parseMetrics(await readFile(path, 'utf8'));
  const end = lines.at(-1);
  if (end?.kind !== 'end') return fail(`${path} does not end with an "end" line: train again`);
  const threshold = lines.find((line) => line.kind === 'threshold');
  const lastEpoch = lines.findLast((line) => line.kind === 'epoch');
  const at = threshold ?? (end.reason === 'diverged' ? undefined : lastEpoch);
  return {
    reached: threshold !== undefined,
    epoch: at?.epoch ?? end.epoch,
    step: at?.step ?? end.step,
    train_loss: at?.loss ?? null,
    train_accuracy: at?.accuracy ?? null,
  };
}
