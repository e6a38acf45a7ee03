/** The engine that runs compiled ONNX graphs in onnxruntime-node, on the CPU. */

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Parameter } from '../../models/parameters.ts';
import { countValues } from '../../models/shapes.ts';
import type {
  Batch,
  BatchResult,
  Engine,
  EngineOptions,
  Evaluation,
  ParameterValues,
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
  nextOf,
  velocityOf,
} from './compile.ts';
import type { OnnxGraph } from './model-proto.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { stableThreads } from './threads.ts';

/**
 * Steps in one run of the training graph. Feeding and fetching the weights costs as much as a fifth
 * of a perceptron's step; more than four steps a run gained nothing more.
 */
const STEPS_PER_RUN = 4;

type Tensors = Record<string, Tensor>;

/** By parameter. */
type StateTensors = ReadonlyMap<string, { readonly weight: Tensor; readonly velocity: Tensor }>;

/** Creates the engine; its sessions are opened when a batch of their size first comes. */
export async function createOnnxEngine(options: EngineOptions): Promise<Engine> {
  const threads = Math.min(options.threads, stableThreads(options.model));
  return new OnnxEngine(options, await loadRuntime({ threads }));
}

/**
 * Holds the state twice, in tensors whose memory never moves: a run reads one set and writes the
 * other, then they change places.
 */
class OnnxEngine implements Engine {
  readonly batchesPerCall = STEPS_PER_RUN;
  readonly #options: EngineOptions;
  readonly #runtime: Runtime;
  readonly #sessions = new Map<string, InferenceSession>();
  readonly #learningRate = new Float32Array(1);
  /** By step of a run. */
  readonly #results: readonly { readonly loss: Float32Array; readonly correct: Float32Array }[];
  #state: StateTensors;
  #spare: StateTensors;

  constructor(options: EngineOptions, runtime: Runtime) {
    this.#options = options;
    this.#runtime = runtime;
    this.#results = Array.from({ length: STEPS_PER_RUN }, () => ({
      loss: new Float32Array(1),
      correct: new Float32Array(1),
    }));
    this.#state = this.#allocateState();
    this.#spare = this.#allocateState();
  }

  async train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const size = batches[0]?.labels.length;
    const together =
      batches.length === STEPS_PER_RUN && batches.every(({ labels }) => labels.length === size);
    if (together) return this.#run(batches, learningRate);
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(...(await this.#run([batch], learningRate)));
    return results;
  }

  async evaluate(batch: Batch): Promise<Evaluation> {
    const { model } = this.#options;
    const size = batch.labels.length;
    const session = await this.#session(`evaluation ${size}`, () => compileEvaluation(model, size));
    const logits = new Float32Array(size * model.classCount);
    const feeds = { ...this.#batchTensors(batch, 0) };
    for (const [name, { weight }] of this.#state) feeds[name] = weight;
    await session.run(feeds, {
      ...this.#resultTensors(0),
      [LOGITS]: this.#runtime.tensor(logits, [size, model.classCount]),
    });
    return { ...this.#resultOf(0), logits };
  }

  async exportState(): Promise<TrainingState> {
    const weights = new Map<string, Float32Array>();
    const velocities = new Map<string, Float32Array>();
    for (const [name, { weight, velocity }] of this.#state) {
      weights.set(name, valuesOf(weight).slice());
      velocities.set(name, valuesOf(velocity).slice());
    }
    return { weights, statistics: new Map(), velocities };
  }

  async importState({ weights, velocities }: TrainingState): Promise<void> {
    for (const [name, { weight, velocity }] of this.#state) {
      valuesOf(weight).set(valuesFor(weights, name, weight.size));
      valuesOf(velocity).set(valuesFor(velocities, name, velocity.size));
    }
  }

  /** Makes one step a batch in one run of the graph for so many batches of this size. */
  async #run(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const { model, sgd } = this.#options;
    const batchSize = batches[0]?.labels.length ?? 0;
    const steps = batches.length;
    const session = await this.#session(`training ${steps}x${batchSize}`, () =>
      compileTraining(model, { batchSize, steps, sgd }),
    );
    this.#learningRate[0] = learningRate;
    const feeds: Tensors = { [LEARNING_RATE]: this.#runtime.tensor(this.#learningRate, []) };
    const fetches: Tensors = {};
    for (const [step, batch] of batches.entries()) {
      Object.assign(feeds, this.#batchTensors(batch, step));
      Object.assign(fetches, this.#resultTensors(step));
    }
    for (const [name, { weight, velocity }] of this.#state) {
      feeds[name] = weight;
      feeds[velocityOf(name)] = velocity;
    }
    for (const [name, { weight, velocity }] of this.#spare) {
      fetches[nextOf(name)] = weight;
      fetches[nextOf(velocityOf(name))] = velocity;
    }
    await session.run(feeds, fetches);
    [this.#state, this.#spare] = [this.#spare, this.#state];
    return batches.map((_, step) => this.#resultOf(step));
  }

  async #session(key: string, compile: () => OnnxGraph): Promise<InferenceSession> {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const session = await this.#runtime.openSession(compile());
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

  #allocateState(): StateTensors {
    const zeros = ({ shape }: Parameter): Tensor =>
      this.#runtime.tensor(new Float32Array(countValues(shape)), shape);
    return new Map(
      this.#options.model.parameters.map((parameter) => [
        parameter.name,
        { weight: zeros(parameter), velocity: zeros(parameter) },
      ]),
    );
  }
}

function valuesOf(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new TypeError(`expected a float32 tensor, found ${tensor.type}`);
}

function valuesFor(values: ParameterValues, name: string, size: number): Float32Array {
  const found = values.get(name);
  if (found?.length === size) return found;
  throw new RangeError(`the state has ${found?.length ?? 'no'} values of ${name}, not ${size}`);
}
