/** The engine that runs kernels of its own on any GPU. */

import { trainingFlops } from '../../models/flops.ts';
import type { Model } from '../../models/model.ts';
import type {
  Batch,
  BatchEvaluation,
  BatchResult,
  Engine,
  SamplePass,
  TrainingState,
} from '../engine.ts';
import type { GpuDevice } from './device.ts';
import { HeldPasses } from './held-passes.ts';
import { HostPasses } from './host-passes.ts';
import { prepareModel } from './plan/compile.ts';
import type { PlanContext, WebgpuOptions } from './ready-plans.ts';
import { GpuState } from './state.ts';

/**
 * Operations of one call, about: some 20 ms of a large GPU, beside which the wait for results is short, and
 * seconds of a small one, after which a training can still be stopped.
 */
const OPERATIONS_PER_CALL = 1e11;
const FEWEST_BATCHES = 8;
const MOST_BATCHES = 64;
/** Samples of a usual batch. */
const USUAL_BATCH = 128;

/** Opens an engine on a GPU; its kernels are compiled when a batch of their kind first comes. */
export async function openWebgpuEngine(options: WebgpuOptions, device: GpuDevice): Promise<Engine> {
  const prepared = prepareModel(options.model);
  const state = await GpuState.open(device, options.model, prepared.state);
  return new WebgpuEngine({ options, device, prepared, state });
}

class WebgpuEngine implements Engine {
  readonly batchesPerCall: number;
  /** The GPU has its own. */
  threads: number;
  readonly #state: GpuState;
  readonly #host: HostPasses;
  readonly #held: HeldPasses;

  constructor(context: PlanContext) {
    this.batchesPerCall = countBatchesPerCall(context.options.model);
    this.threads = context.options.threads;
    this.#state = context.state;
    this.#host = new HostPasses(context, this.batchesPerCall);
    this.#held = new HeldPasses(context);
  }

  get openingSeconds(): number {
    return this.#host.seconds + this.#held.seconds;
  }

  train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    return this.#host.train(batches, learningRate);
  }

  evaluate(batch: Batch): Promise<BatchEvaluation> {
    return this.#host.evaluate(batch);
  }

  async *trainOver(pass: SamplePass, learningRate: number): AsyncGenerator<readonly BatchResult[]> {
    const place = await this.#held.hold(pass, 'training');
    if (place === null) yield* this.#host.trainOver(pass, learningRate);
    else yield* this.#held.train(place, pass, learningRate);
  }

  async *evaluateOver(pass: SamplePass): AsyncGenerator<readonly BatchResult[]> {
    const place = await this.#held.hold(pass, 'evaluation');
    if (place === null) yield* this.#host.evaluateOver(pass);
    else yield* this.#held.evaluate(place, pass);
  }

  async exportState(): Promise<TrainingState> {
    return this.#state.export();
  }

  async importState(state: TrainingState): Promise<void> {
    this.#state.import(state);
  }

  async close(): Promise<void> {
    this.#host.close();
    this.#held.close();
    this.#state.close();
  }
}

function countBatchesPerCall(model: Model): number {
  const wanted = OPERATIONS_PER_CALL / (trainingFlops(model) * USUAL_BATCH);
  return Math.min(MOST_BATCHES, Math.max(FEWEST_BATCHES, 2 ** Math.floor(Math.log2(wanted))));
}
