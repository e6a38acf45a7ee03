/**
 * The lines of `metrics.jsonl`: one JSON object a line, a `run` line, then `step`, `epoch`,
 * `threshold` and `test` lines as they come, then an `end` line. Losses and accuracies are
 * sample-weighted means in double precision, but for `test` in training mode, each batch before its
 * update. Numbers are written so that they parse back to the same double.
 */

import { type Subject, TRAINING_FACTS, type TrainingFacts, tellFacts } from './facts.ts';

/** Sample-weighted means over an epoch, each batch taken before its update. */
export interface EpochMeans {
  readonly loss: number;
  readonly accuracy: number;
}

/** What was trained, on what and how. */
export type RunLine = { readonly kind: 'run' } & TrainingFacts;

/** The first line of a training. */
export function describeTraining(subject: Subject): RunLine {
  return { kind: 'run', ...tellFacts(TRAINING_FACTS, subject) };
}

/** Means over the steps since the last such line. */
interface StepLine extends EpochMeans {
  readonly kind: 'step';
  readonly step: number;
  readonly epoch: number;
}

interface EpochLine extends EpochMeans {
  readonly kind: 'epoch';
  readonly epoch: number;
  /** Steps done at the end of the epoch. */
  readonly step: number;
  readonly learning_rate: number;
}

/** The first epoch in which the model counted as having fitted its training set. */
interface ThresholdLine extends EpochMeans {
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
