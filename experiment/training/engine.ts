/** What a training engine does; every engine must give the same numbers, to float32 rounding. */

import type { Normalization } from '../data/batch.ts';
import type { LabeledImages } from '../data/images.ts';
import type { Model } from '../models/model.ts';
import type { Shape } from '../models/shapes.ts';

/** Pixels of 0 to 255, [batch, C, H, W], and how they become numbers. */
export interface Pixels {
  readonly values: Uint8Array;
  readonly normalization: Normalization;
}

/** Samples and their labels; the number of labels is the size of the batch. */
export interface Batch {
  /** Normalised images, [batch, C, H, W]. */
  readonly images: Float32Array;
  /** The same before they are normalised, where they come from pixels: a quarter of the memory. */
  readonly pixels?: Pixels;
  /** Classes, [batch]. */
  readonly labels: Int32Array;
}

/** Where batches come from. */
export interface BatchSource {
  readonly samples: LabeledImages;
  readonly info: Normalization;
  readonly batchSize: number;
  /** Shape of a sample as the model takes it. */
  readonly sampleShape: Shape;
  /** Row and column of each sample's corner, for 32×32 pixels; without, images are cut out centrally. */
  readonly corners?: Uint8Array | undefined;
}

/** A pass over samples, in batches of `batchSize`; the last one may be smaller. */
export interface SamplePass {
  readonly source: BatchSource;
  /** Which sample is at each place. */
  readonly order: Uint32Array;
  /** Called between steps; what it throws ends the pass. */
  readonly onStep: () => void;
}

/** Results of a pass in order, some at a time. */
export type PassResults = AsyncIterable<readonly BatchResult[]>;

/** How a model did on a batch. */
export interface BatchResult {
  /** Mean cross-entropy over the batch, single precision. */
  readonly loss: number;
  /** Number of samples whose largest logit is at the label. */
  readonly correct: number;
  /** Where the loss is not finite: the first layer of which some output is not. */
  readonly failedLayer?: string;
}

export interface BatchEvaluation extends BatchResult {
  /** [batch, classes] */
  readonly logits: Float32Array;
}

/** Values by the name of their parameter. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

/** All that a model's answers depend on. */
export interface ModelValues {
  readonly weights: ParameterValues;
  /** Running means and variances of batch norms, by their own names. */
  readonly statistics: ParameterValues;
}

/** All that a training step changes. */
export interface TrainingState extends ModelValues {
  readonly velocities: ParameterValues;
}

/** The state of a model with these values before its next step: all velocities are zero. */
export function atRest({ weights, statistics }: ModelValues): TrainingState {
  const velocities = new Map<string, Float32Array>();
  for (const [name, { length }] of weights) velocities.set(name, new Float32Array(length));
  return { weights, statistics, velocities };
}

/** The constants of SGD with momentum: v ← momentum·v + g + weightDecay·w; w ← w − lr·v. */
export interface SgdOptions {
  readonly momentum: number;
  readonly weightDecay: number;
}

/** What the parameters under `engine` choose, besides the engine itself. */
export interface EngineSettings {
  /** The processor that computes: `cpu`, `cuda`, …; each engine knows its own. */
  readonly device: string;
  /** How values lie in memory: `auto`, or one of the engine's own layouts. */
  readonly layout: string;
}

export interface EngineOptions {
  readonly model: Model;
  readonly sgd: SgdOptions;
  /** How many threads to use at most, at first; no result depends on it. */
  readonly threads: number;
}

/** Creates an engine. Fails, saying what there is instead, where it has not what is asked for. */
export type CreateEngine = (settings: EngineSettings, options: EngineOptions) => Promise<Engine>;

/** A model in training. A new engine holds zeros: import a state first. */
export interface Engine {
  /** With how many batches at once {@link Engine.train} is fastest. */
  readonly batchesPerCall: number;
  /** How many threads it uses at most from the next call on; no result depends on it. */
  threads: number;
  /** What it has taken to get ready for its batches, and would again with other threads. */
  readonly openingSeconds: number;
  /** Trains one step a batch, in order. Each result is that before its step's update. */
  train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]>;
  /** Runs the model forward, without training it. */
  evaluate(batch: Batch): Promise<BatchEvaluation>;
  /**
   * Present where an engine does better with the samples in its own memory: as {@link train} on each batch
   * of the pass. A result whose loss is not finite is the last one; the state is then that after its step.
   */
  trainOver?(pass: SamplePass, learningRate: number): PassResults;
  /** Present beside {@link trainOver}: as {@link evaluate} on each batch of the pass. */
  evaluateOver?(pass: SamplePass): PassResults;
  /** A copy of the state. */
  exportState(): Promise<TrainingState>;
  /** Replaces the state by a copy of this one. */
  importState(state: TrainingState): Promise<void>;
  /** Gives memory of native libraries back. It computes nothing after that. */
  close(): Promise<void>;
}
