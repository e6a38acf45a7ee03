/** The engine that runs compiled ONNX graphs in onnxruntime-node. */

import type { InferenceSession } from 'onnxruntime-node';
import { trainingFlops } from '../../models/flops.ts';
import type { Model } from '../../models/model.ts';
import type {
  Batch,
  BatchResult,
  Engine,
  EngineOptions,
  Evaluation,
  TrainingState,
} from '../engine.ts';
import {
  compileEvaluation,
  compileTraining,
  correctOf,
  imagesOf,
  LEARNING_RATE,
  LOGITS,
  labelsOf,
  lossOf,
} from './compile.ts';
import { findNonFiniteLayer } from './diagnose.ts';
import type { Layout } from './layout.ts';
import type { OnnxGraph } from './model-proto.ts';
import type { Runtime } from './runtime.ts';
import { StateTensors, type Tensors } from './state-tensors.ts';

/**
 * Steps in one run of the training graph of a model that spends its time on its parameters. Feeding
 * and fetching the weights costs as much as a fifth of a perceptron's step; more than four steps a
 * run gained nothing more.
 */
const STEPS_PER_RUN = 4;
/** A model with fewer operations a parameter, of a step on one sample, is such a model. */
const FEW_OPERATIONS = 20;

/** Opens an engine; its sessions are opened when a batch of their size first comes. */
export function openOnnxEngine(options: EngineOptions, layout: Layout, runtime: Runtime): Engine {
  return new OnnxEngine(options, layout, runtime);
}

class OnnxEngine implements Engine {
  readonly batchesPerCall: number;
  readonly #options: EngineOptions;
  readonly #layout: Layout;
  readonly #runtime: Runtime;
  readonly #state: StateTensors;
  readonly #sessions = new Map<string, InferenceSession>();
  readonly #learningRate = new Float32Array(1);
  /** By step of a run. */
  readonly #results: readonly { readonly loss: Float32Array; readonly correct: Float32Array }[];

  constructor(options: EngineOptions, layout: Layout, runtime: Runtime) {
    this.#options = options;
    this.#layout = layout;
    this.#runtime = runtime;
    this.#state = new StateTensors(options.model, layout, runtime);
    this.batchesPerCall = stepsPerRun(options.model);
    this.#results = Array.from({ length: this.batchesPerCall }, () => ({
      loss: new Float32Array(1),
      correct: new Float32Array(1),
    }));
  }

  async train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const size = batches[0]?.labels.length;
    const together =
      batches.length === this.batchesPerCall &&
      batches.every(({ labels }) => labels.length === size);
    if (together) return this.#run(batches, learningRate);
    return this.#runOneByOne(batches, learningRate);
  }

  async evaluate(batch: Batch): Promise<Evaluation> {
    const { model } = this.#options;
    const batchSize = batch.labels.length;
    const session = await this.#session(`evaluation ${batchSize}`, batchSize, () =>
      compileEvaluation(model, { layout: this.#layout, batchSize }),
    );
    const logits = new Float32Array(batchSize * model.classCount);
    await session.run(
      { ...this.#batchTensors(batch, 0), ...this.#state.evaluationFeeds() },
      {
        ...this.#resultTensors(0),
        [LOGITS]: this.#runtime.tensor(logits, [batchSize, model.classCount]),
      },
    );
    return { ...this.#resultOf(0), logits };
  }

  async exportState(): Promise<TrainingState> {
    return this.#state.export();
  }

  async importState(state: TrainingState): Promise<void> {
    this.#state.import(state);
  }

  async #runOneByOne(
    batches: readonly Batch[],
    learningRate: number,
  ): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(...(await this.#run([batch], learningRate)));
    return results;
  }

  /** Makes one step a batch in one run of the graph for so many batches of this size. */
  async #run(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const { model, sgd } = this.#options;
    const batchSize = batches[0]?.labels.length ?? 0;
    const steps = batches.length;
    const session = await this.#session(`training ${steps}x${batchSize}`, batchSize, () =>
      compileTraining(model, { layout: this.#layout, batchSize, steps, sgd }),
    );
    this.#learningRate[0] = learningRate;
    const feeds = {
      [LEARNING_RATE]: this.#runtime.tensor(this.#learningRate, []),
      ...this.#state.trainingFeeds(),
    };
    const fetches = this.#state.fetches();
    for (const [step, batch] of batches.entries()) {
      Object.assign(feeds, this.#batchTensors(batch, step));
      Object.assign(fetches, this.#resultTensors(step));
    }
    await session.run(feeds, fetches);
    const results = batches.map((_, step) => this.#resultOf(step));
    if (results.every(({ loss }) => Number.isFinite(loss))) {
      this.#state.swap();
      return results;
    }
    return this.#explain(batches, results, learningRate);
  }

  /**
   * After a run with a loss that is not finite, whose next state is not yet the current one: goes
   * through it again step by step, to say in which layer the numbers ended.
   */
  async #explain(
    batches: readonly Batch[],
    [result, ...others]: readonly BatchResult[],
    learningRate: number,
  ): Promise<readonly BatchResult[]> {
    const [batch] = batches;
    if (others.length > 0 || batch === undefined || result === undefined) {
      return this.#runOneByOne(batches, learningRate);
    }
    const { model } = this.#options;
    const layer = await findNonFiniteLayer(this.#runtime, model, this.#state.export(), batch);
    this.#state.swap();
    return [layer === null ? result : { ...result, failedLayer: layer }];
  }

  async #session(
    key: string,
    batchSize: number,
    compile: () => OnnxGraph,
  ): Promise<InferenceSession> {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const most = this.#layout.stableThreads(this.#options.model, batchSize);
    const session = await this.#runtime.openSession(compile(), most);
    this.#sessions.set(key, session);
    return session;
  }

  #batchTensors({ images, labels }: Batch, step: number): Tensors {
    const { inputShape } = this.#options.model;
    return {
      [imagesOf(step)]: this.#runtime.tensor(images, [labels.length, ...inputShape]),
      [labelsOf(step)]: this.#runtime.tensor(labels, [labels.length]),
    };
  }

  #resultTensors(step: number): Tensors {
    const { loss, correct } = this.#result(step);
    return {
      [lossOf(step)]: this.#runtime.tensor(loss, []),
      [correctOf(step)]: this.#runtime.tensor(correct, []),
    };
  }

  #resultOf(step: number): BatchResult {
    const { loss, correct } = this.#result(step);
    return { loss: loss[0] as number, correct: correct[0] as number };
  }

  #result(step: number) {
    const result = this.#results[step];
    if (result === undefined) throw new RangeError(`a run has no step ${step}`);
    return result;
  }
}

function stepsPerRun(model: Model): number {
  return trainingFlops(model) / model.parameterCount < FEW_OPERATIONS ? STEPS_PER_RUN : 1;
}
