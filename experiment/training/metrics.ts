/**
 * The lines of `metrics.jsonl`: one JSON object a line, a `run` line, then `step`, `epoch`,
 * `threshold` and `test` lines as they come, then an `end` line. Losses and accuracies are
 * sample-weighted means in double precision, but for `test` in training mode, each batch before its
 * update. Numbers are written
 * so that they parse back to the same double.
 */

import type { Dataset } from '../data/dataset.ts';
import type { Corruption } from '../data/dataset-info.ts';
import type { Model } from '../models/model.ts';
import type { ExperimentConfig } from './config.ts';
import type { Init } from './initialisation.ts';
import type { EpochMeans } from './interpolation.ts';

export interface RunLine {
  readonly kind: 'run';
  readonly experiment: string;
  readonly model: string;
  readonly corruption: Corruption;
  /** Probability that a label is corrupted. */
  readonly p: number;
  readonly seed: number;
  readonly weight_decay: number;
  /** Whether it trained on random crops. */
  readonly crop: boolean;
  /** What the model's numbers of channels and hidden units are multiplied by. */
  readonly width: number;
  /** How its weights started. */
  readonly init: Init;
  /** Steps between two decays of the learning rate; null where it decays after each epoch. */
  readonly decay_every: number | null;
  /** Number of trained values. */
  readonly parameters: number;
  /** Number of training images. */
  readonly train: number;
  readonly batch_size: number;
  readonly dataset: string;
  readonly synthetic: boolean;
  readonly engine: string;
}

/** The first line of a training. */
export function describeRun(of: {
  readonly name: string;
  readonly config: ExperimentConfig;
  readonly model: Model;
  readonly engineName: string;
  readonly dataset: Dataset;
}): RunLine {
  const { name, config, model, engineName, dataset } = of;
  return {
    kind: 'run',
    experiment: name,
    model: model.name,
    corruption: config.data_corruption_type,
    p: config.label_corruption_prob,
    seed: config.seed,
    weight_decay: config.weight_decay,
    crop: config.crop,
    width: config.width,
    init: config.init,
    decay_every: findDecayInterval(config, dataset.train.count),
    parameters: model.parameterCount,
    train: dataset.train.count,
    batch_size: config.batch_size,
    dataset: dataset.info.name,
    synthetic: dataset.info.synthetic,
    engine: engineName,
  };
}

/**
 * Steps between two decays of the learning rate, which happen at the ends of epochs; null where each
 * epoch has one.
 *
 * @param images number of training images
 */
export function findDecayInterval(
  { decay_steps, batch_size }: Pick<ExperimentConfig, 'decay_steps' | 'batch_size'>,
  images: number,
): number | null {
  const stepsPerEpoch = Math.ceil(images / batch_size);
  return decay_steps !== null && decay_steps > stepsPerEpoch ? decay_steps : null;
}

/** Means over the steps since the last such line. */
export interface StepLine extends EpochMeans {
  readonly kind: 'step';
  readonly step: number;
  readonly epoch: number;
}

export interface EpochLine extends EpochMeans {
  readonly kind: 'epoch';
  readonly epoch: number;
  /** Steps done at the end of the epoch. */
  readonly step: number;
  readonly learning_rate: number;
}

/** The first epoch in which the model counted as having fitted its training set. */
export interface ThresholdLine extends EpochMeans {
  readonly kind: 'threshold';
  readonly epoch: number;
  readonly step: number;
}

/** How the model did on the test images after an epoch, in evaluation mode. */
export interface TestLine {
  readonly kind: 'test';
  readonly epoch: number;
  readonly step: number;
  /** Null where it is not a finite number. */
  readonly loss: number | null;
  readonly accuracy: number;
}

/** Why the training ended. */
export type EndLine =
  | {
      readonly kind: 'end';
      readonly epoch: number;
      readonly step: number;
      readonly reason: 'interpolated' | 'epochs';
    }
  | {
      readonly kind: 'end';
      readonly epoch: number;
      /** The step whose loss was not finite. */
      readonly step: number;
      readonly reason: 'diverged';
      readonly loss: 'NaN' | 'Infinity';
      readonly learning_rate: number;
      /** The first layer of which some output was not finite, where the engine says. */
      readonly layer?: string;
    };

export type MetricsLine = RunLine | StepLine | EpochLine | ThresholdLine | TestLine | EndLine;

/** The text of a file with these lines. */
export function formatMetrics(lines: readonly MetricsLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The lines of a text that {@link formatMetrics} wrote. */
export function parseMetrics(text: string): MetricsLine[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): MetricsLine => JSON.parse(line));
}

/** Sums of losses and correct answers over samples. */
export interface Tally {
  readonly loss: number;
  readonly correct: number;
  readonly samples: number;
}

export const EMPTY_TALLY: Tally = { loss: 0, correct: 0, samples: 0 };

/** Adds a batch of `samples` with this mean loss and so many correct answers. */
export function addBatch(
  tally: Tally,
  batch: { readonly loss: number; readonly correct: number },
  samples: number,
): Tally {
  return {
    loss: tally.loss + batch.loss * samples,
    correct: tally.correct + batch.correct,
    samples: tally.samples + samples,
  };
}

/** The means over all samples added so far. */
export function meansOf({ loss, correct, samples }: Tally): EpochMeans {
  return { loss: loss / samples, accuracy: correct / samples };
}
