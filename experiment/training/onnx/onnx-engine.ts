/** The engine that runs compiled ONNX graphs in onnxruntime-node. */

import type { InferenceSession } from 'onnxruntime-node';
import { trainingFlops } from '../../models/flops.ts';
import { activationBytes } from '../../models/memory.ts';
import type { Model } from '../../models/model.ts';
import type {
  Batch,
  BatchEvaluation,
  BatchResult,
  Engine,
  EngineOptions,
  TrainingState,
} from '../engine.ts';
import { type BatchKind, countAlike, feedBatches, kindOf } from './batch-tensors.ts';
import {
  compileEvaluation,
  compileTraining,
  correctOf,
  type EvaluationOptions,
  LEARNING_RATE,
  LOGITS,
  lossOf,
} from './compile.ts';
import { findNonFiniteLayer } from './diagnose.ts';
import type { Layout } from './layout.ts';
import type { OnnxGraph } from './model-proto.ts';
import type { Runtime } from './runtime.ts';
import { Sessions } from './sessions.ts';
import { StateTensors, type Tensors } from './state-tensors.ts';

/**
 * Steps in one run of the training graph of a model that spends its time on its parameters. Feeding
 * and fetching the weights costs as much as a fifth of a perceptron's step, and between two runs the
 * caches cool down; more than eight steps a run gained little more.
 */
const STEPS_PER_RUN = 8;
/** A model with fewer operations a parameter, of a step on one sample, is such a model. */
const FEW_OPERATIONS = 20;

/** Bytes of the activations of a batch from which its session is a large one. */
const LARGE = 180e6;

/** Opens an engine; its sessions are opened when a batch of their size first comes. */
export function openOnnxEngine(options: EngineOptions, layout: Layout, runtime: Runtime): Engine {
  return new OnnxEngine(options, layout, runtime);
}

class OnnxEngine implements Engine {
  readonly batchesPerCall: number;
  threads: number;
  readonly #options: EngineOptions;
  readonly #layout: Layout;
  readonly #runtime: Runtime;
  readonly #state: StateTensors;
  readonly #sessions: Sessions;
  readonly #learningRate = new Float32Array(1);
  /** By step of a run. */
  readonly #results: readonly { readonly loss: Float32Array; readonly correct: Float32Array }[];

  constructor(options: EngineOptions, layout: Layout, runtime: Runtime) {
    this.threads = options.threads;
    this.#options = options;
    this.#layout = layout;
    this.#runtime = runtime;
    this.#sessions = new Sessions(runtime);
    this.#state = new StateTensors(options.model, layout, runtime);
    this.batchesPerCall = stepsPerRun(options.model);
    this.#results = Array.from({ length: this.batchesPerCall }, () => ({
      loss: new Float32Array(1),
      correct: new Float32Array(1),
    }));
  }

  get openingSeconds(): number {
    return this.#sessions.seconds;
  }

  async train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = [];
    while (results.length < batches.length) {
      const rest = batches.slice(results.length);
      const most = Math.min(countAlike(rest), this.batchesPerCall);
      // Powers of two: few graphs serve every number of steps.
      const steps = 2 ** Math.floor(Math.log2(most));
      results.push(...(await this.#run(rest.slice(0, steps), learningRate)));
    }
    return results;
  }

  async evaluate(batch: Batch): Promise<BatchEvaluation> {
    const { model } = this.#options;
    const kind = kindOf(batch);
    const { batchSize } = kind;
    const session = await this.#session('evaluation', kind, (options) =>
      compileEvaluation(model, options),
    );
    const logits = new Float32Array(batchSize * model.classCount);
    await session.run(
      { ...feedBatches(this.#runtime, model, [batch]), ...this.#state.evaluationFeeds() },
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

  close(): Promise<void> {
    return this.#sessions.close();
  }

  async #runOneByOne(
    batches: readonly Batch[],
    learningRate: number,
  ): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(...(await this.#run([batch], learningRate)));
    return results;
  }

  /** Makes one step a batch, all of one kind, in one run of the graph for so many batches. */
  async #run(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const [first] = batches;
    if (first === undefined) return [];
    const { model, sgd } = this.#options;
    const steps = batches.length;
    const session = await this.#session(`training ${steps}`, kindOf(first), (options) =>
      compileTraining(model, { ...options, steps, sgd }),
    );
    this.#learningRate[0] = learningRate;
    const feeds = {
      [LEARNING_RATE]: this.#runtime.tensor(this.#learningRate, []),
      ...this.#state.trainingFeeds(),
      ...feedBatches(this.#runtime, model, batches),
    };
    const fetches = this.#state.fetches();
    for (const step of batches.keys()) Object.assign(fetches, this.#resultTensors(step));
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

  #session(
    purpose: string,
    { batchSize, normalization }: BatchKind,
    compile: (options: EvaluationOptions) => OnnxGraph,
  ): Promise<InferenceSession> {
    const options = { layout: this.#layout, batchSize, pixels: normalization !== undefined };
    const key = `${purpose} ${batchSize} ${options.pixels}`;
    const { model } = this.#options;
    const threads = Math.min(this.threads, this.#layout.stableThreads(model, batchSize));
    const isLarge = batchSize * activationBytes(model) > LARGE;
    return this.#sessions.open(key, { threads, isLarge }, () => compile(options));
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
