/** The engine that runs a model layer by layer on TensorFlow.js. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type {
  Batch,
  BatchEvaluation,
  BatchResult,
  Engine,
  EngineOptions,
  TrainingState,
} from '../engine.ts';
import { kernelsOf } from './choose-kernels.ts';
import { arrangedShape, arrangeImages, readsChannelsFirst } from './images.ts';
import type { Kernels } from './kernels.ts';
import type { LoadedPackage } from './load.ts';
import { lossGradient, measureLoss } from './loss.ts';
import { findNonFinite, type RunModel, runBackward, runForward } from './run-model.ts';
import { State } from './state.ts';

/** Opens an engine on a package. */
export function openTfjsEngine(options: EngineOptions, loaded: LoadedPackage): Engine {
  return new TfjsEngine(options, loaded);
}

class TfjsEngine implements Engine {
  readonly batchesPerCall = 1;
  /** TensorFlow's are chosen once a process (load.ts). */
  threads: number;
  readonly openingSeconds = 0;
  readonly #options: EngineOptions;
  readonly #loaded: LoadedPackage;
  readonly #kernels: Kernels;
  readonly #state: State;
  readonly #channelsFirst: boolean;

  constructor(options: EngineOptions, loaded: LoadedPackage) {
    this.threads = options.threads;
    this.#options = options;
    this.#loaded = loaded;
    this.#kernels = kernelsOf(loaded);
    this.#state = new State(loaded, options.model, options.sgd);
    this.#channelsFirst = readsChannelsFirst(options.model);
  }

  async train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    return batches.map((batch) => this.#tidily(() => this.#step(batch, learningRate)));
  }

  async evaluate(batch: Batch): Promise<BatchEvaluation> {
    return this.#tidily(() => {
      const { logits } = this.#run(batch, 'evaluation', this.#state.readParameters());
      const values = Float32Array.from(logits.dataSync());
      return { ...measureLoss(values, batch.labels), logits: values };
    });
  }

  async close(): Promise<void> {
    this.#state.dispose();
  }

  async exportState(): Promise<TrainingState> {
    return this.#state.export();
  }

  async importState(state: TrainingState): Promise<void> {
    this.#state.import(state);
  }

  #step(batch: Batch, learningRate: number): BatchResult {
    const { tf } = this.#loaded;
    const parameters = this.#state.readParameters();
    const run = this.#run(batch, 'training', parameters);
    const logits = Float32Array.from(run.logits.dataSync());
    const result = measureLoss(logits, batch.labels);
    const failedLayer = Number.isFinite(result.loss) ? null : findNonFinite(tf, run);
    const gradient = tf.tensor(lossGradient(logits, batch.labels), run.logits.shape);
    const gradients = runBackward(tf, run, gradient);
    // A variable that nobody else reads is updated in place.
    for (const values of parameters.values()) values.dispose();
    this.#state.step(gradients, tf.scalar(learningRate));
    this.#state.moveStatistics(run.nextStatistics);
    return failedLayer === null ? result : { ...result, failedLayer };
  }

  #run(
    batch: Batch,
    mode: 'training' | 'evaluation',
    parameters: ReadonlyMap<string, Tensor>,
  ): RunModel {
    const { tf } = this.#loaded;
    const { model } = this.#options;
    const channelsFirst = this.#channelsFirst;
    const images = arrangeImages(model, batch, channelsFirst);
    const shape = [batch.labels.length, ...arrangedShape(model, channelsFirst)];
    return runForward(model, tf.tensor(images, shape), {
      tf,
      kernels: this.#kernels,
      mode,
      imagesChannelsFirst: channelsFirst,
      tensorOf: (name) => {
        const value = parameters.get(name) ?? this.#state.statistic(name);
        if (value === undefined) throw new RangeError(`the state has no tensor ${name}`);
        return value;
      },
    });
  }

  /** Runs, and disposes of every tensor that was made on the way and not kept. */
  #tidily<T>(run: () => T): T {
    const engine = this.#loaded.tf.engine();
    engine.startScope();
    try {
      return run();
    } finally {
      engine.endScope();
    }
  }
}
