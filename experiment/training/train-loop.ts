/** The training of one experiment: epochs of SGD steps, measured, until an end is reached. */

import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../models/model.ts';
import type { ExperimentConfig } from '../recorded/config.ts';
import type { EndLine, MetricsLine, RunLine, TestLine } from '../recorded/metrics.ts';
import type { TimingLine } from '../recorded/timing.ts';
import { countBatches, epochCorners, epochOrder, sizeOfBatch } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { BatchResult, Engine, ModelValues } from './engine.ts';
import { initialState } from './initialisation.ts';
import { isInterpolated } from './interpolation.ts';
import { trainOver } from './passes.ts';
import { type Emit, epochLabel, reportBatches, say } from './progress.ts';
import { learningRateAfter } from './schedule.ts';
import { describeStall, findStall } from './stall.ts';
import { addBatch, EMPTY_TALLY, meansOf, type Tally } from './tally.ts';
import { testModel } from './test-model.ts';
import { ThreadsInUse } from './threads-in-use.ts';

/** All that a training depends on and all that it reports to. */
export interface Training {
  readonly config: ExperimentConfig;
  readonly model: Model;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly runLine: RunLine;
  /** Where to go on; null to start. */
  readonly resumed: Checkpoint | null;
  readonly save: (checkpoint: Checkpoint) => Promise<void>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** How many CPUs it may use now. No result depends on it. */
  readonly cpusNow: () => number;
  /** Called at the end of each epoch, its test included. */
  readonly onEpoch?: () => void;
  /** Seconds on a clock that never goes back. */
  readonly now: () => number;
}

export interface TrainingOutcome {
  /** As the training ended. */
  readonly checkpoint: Checkpoint;
  readonly timing: readonly TimingLine[];
  readonly end: EndLine;
}

/** Trains until the config's end, or until the loss is no longer a finite number. */
export async function trainModel(training: Training): Promise<TrainingOutcome> {
  const { config, model, dataset, engine, runLine, resumed, emit, now } = training;
  const stepsPerEpoch = countBatches(dataset.train.count, config.batch_size);
  const rateAfter = (epochs: number) => learningRateAfter(config, stepsPerEpoch, epochs);
  const metrics: MetricsLine[] = resumed === null ? [runLine] : [...resumed.metrics];
  const timing: TimingLine[] = [...(resumed?.timing ?? [])];
  let { epoch, step, window } = resumed ?? { epoch: 0, step: 0, window: EMPTY_TALLY };
  let threshold: ModelValues | null = resumed?.threshold ?? null;
  let seconds = timing.at(-1)?.seconds ?? 0;
  const trained = metrics.filter((line) => line.kind === 'epoch');
  let isStallTold = false;

  const checkpoint = async (): Promise<Checkpoint> => {
    const state = await engine.exportState();
    return { epoch, step, window, state, threshold, metrics: [...metrics], timing: [...timing] };
  };
  const endReached = (): EndLine | null => {
    const last = metrics.at(-1);
    if (last?.kind === 'end') return last;
    if (threshold !== null && config.stop_at_interpolation) {
      return { kind: 'end', epoch, step, reason: 'interpolated' };
    }
    return epoch >= config.num_epochs ? { kind: 'end', epoch, step, reason: 'epochs' } : null;
  };

  const threads = new ThreadsInUse(engine, training.cpusNow);
  await engine.importState(resumed?.state ?? initialState(model, config.seed, config.init));
  let end = endReached();
  while (end === null) {
    epoch += 1;
    const learningRate = rateAfter(epoch - 1);
    const started = now();
    const ran = await runEpoch(training, { epoch, step, window, learningRate, threads }, metrics);
    const secondsAnEpoch = now() - started;
    seconds += secondsAnEpoch;
    ({ step, window } = ran);
    timing.push({ epoch, seconds: Number(seconds.toFixed(3)) });
    if (ran.failed !== null) {
      const loss = Number.isNaN(ran.failed.loss) ? 'NaN' : 'Infinity';
      const layer = ran.failed.failedLayer;
      const where = layer === undefined ? '' : `; the first numbers to go were those of ${layer}`;
      const place = `epoch ${epoch}, step ${step}, learning rate ${learningRate}${where}`;
      say(emit, `The training has diverged: the loss is ${loss} at ${place}`, 'warning');
      end = {
        kind: 'end',
        epoch,
        step,
        reason: 'diverged',
        loss,
        learning_rate: learningRate,
        ...(layer === undefined ? {} : { layer }),
      };
      metrics.push(end);
      break;
    }
    const means = meansOf(ran.tally);
    const line = { kind: 'epoch', epoch, step, ...means, learning_rate: learningRate } as const;
    metrics.push(line);
    trained.push(line);
    if (threshold === null && isInterpolated(means)) {
      const { weights, statistics } = await engine.exportState();
      threshold = { weights, statistics };
      metrics.push({ kind: 'threshold', epoch, step, ...means });
      const { accuracy, loss } = means;
      const values = `accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)}`;
      say(
        emit,
        `Interpolation threshold reached at epoch ${epoch} after ${seconds.toFixed(2)}s: ${values}`,
      );
    }
    if (threshold === null && !isStallTold) {
      let left = 0;
      for (let done = epoch; done < config.num_epochs; done += 1) left += rateAfter(done);
      const stall = findStall(trained, left);
      if (stall !== null) say(emit, describeStall(stall), 'warning');
      isStallTold = stall !== null;
    }
    if (isTested(config, epoch)) metrics.push(await testEpoch(training, epoch, step));
    training.onEpoch?.();
    emit({ type: 'fraction', value: epoch / config.num_epochs });
    if (epoch % config.checkpoint_every === 0) await training.save(await checkpoint());
    end = endReached();
    const epochs = { epochsDone: epoch, epochsLeft: config.num_epochs - epoch };
    const mayEnd = config.stop_at_interpolation;
    if (end === null) threads.takeMore({ secondsAnEpoch, ...epochs, mayEnd });
  }
  return { checkpoint: await checkpoint(), timing, end };
}

function isTested({ evaluate_every: every }: ExperimentConfig, epoch: number): boolean {
  return every > 0 && epoch % every === 0;
}

async function testEpoch(training: Training, epoch: number, step: number): Promise<TestLine> {
  const { config, model, dataset, engine, emit, signal } = training;
  const batchSize = config.batch_size;
  const tally = await testModel({ engine, model, dataset, batchSize, emit, signal });
  const { loss, accuracy } = meansOf(tally);
  return { kind: 'test', epoch, step, loss: Number.isFinite(loss) ? loss : null, accuracy };
}

interface EpochStart {
  readonly epoch: number;
  /** Steps done before the epoch. */
  readonly step: number;
  readonly window: Tally;
  readonly learningRate: number;
  readonly threads: ThreadsInUse;
}

interface EpochRun {
  readonly step: number;
  readonly window: Tally;
  readonly tally: Tally;
  /** The result of `step` whose loss was not finite; null where all were. */
  readonly failed: BatchResult | null;
}

/** Trains one epoch and appends its `step` lines. */
async function runEpoch(
  { config, model, dataset, engine, emit, signal }: Training,
  { epoch, learningRate, threads, ...start }: EpochStart,
  metrics: MetricsLine[],
): Promise<EpochRun> {
  const { train: samples, info } = dataset;
  const batchSize = config.batch_size;
  const total = countBatches(samples.count, batchSize);
  const corners = config.crop ? epochCorners(config.seed, epoch, samples.count) : undefined;
  const source = { samples, info, batchSize, sampleShape: model.inputShape, corners };
  const order = epochOrder(config.seed, epoch, samples.count);
  let { step, window } = start;
  let tally = EMPTY_TALLY;
  const onStep = () => {
    signal.throwIfAborted();
    threads.giveBack();
  };
  for await (const results of trainOver(engine, { source, order, onStep }, learningRate)) {
    for (const result of results) {
      const size = sizeOfBatch(step - start.step, samples.count, batchSize);
      step += 1;
      if (!Number.isFinite(result.loss)) return { step, window, tally, failed: result };
      tally = addBatch(tally, result, size);
      window = addBatch(window, result, size);
      if (step % config.log_every === 0) {
        metrics.push({ kind: 'step', step, epoch, ...meansOf(window) });
        window = EMPTY_TALLY;
      }
    }
    reportBatches(emit, epochLabel(epoch), step - start.step, total, tally);
  }
  return { step, window, tally, failed: null };
}
