/** The engine that runs kernels of its own on any GPU. */

import { trainingFlops } from '../../models/flops.ts';
import type { Model } from '../../models/model.ts';
import type {
  Batch,
  BatchEvaluation,
  BatchResult,
  Engine,
  EngineOptions,
  PassResults,
  SamplePass,
  TrainingState,
} from '../engine.ts';
import { type GpuDevice, STEP_BYTES } from './device.ts';
import { findFailedLayer } from './diagnose.ts';
import { HeldPasses } from './held-passes.ts';
import { HostBatches, type HostBatchKind, hostKindOf, keyOf } from './host-batches.ts';
import type { KernelSetting } from './kernels/multiply.ts';
import { prepareModel } from './plan/compile.ts';
import { floats, readBack } from './read-back.ts';
import { type Mode, type PlanContext, type Ready, ReadyPlans } from './ready-plans.ts';
import { resultAt } from './run-ahead.ts';
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

/**
 * Opens an engine on a GPU; its kernels are compiled when a batch of their kind first comes. `cut` says
 * how products are cut up, where an estimate is not to.
 */
export async function openWebgpuEngine(
  options: EngineOptions,
  device: GpuDevice,
  cut?: KernelSetting['cut'],
): Promise<Engine> {
  const prepared = prepareModel(options.model);
  const state = await GpuState.open(device, options.model, prepared.state);
  return new WebgpuEngine({
    options: { ...options, ...(cut === undefined ? {} : { cut }) },
    device,
    prepared,
    state,
  });
}

class WebgpuEngine implements Engine {
  readonly batchesPerCall: number;
  /** The GPU has its own. */
  threads: number;
  readonly #device: GpuDevice;
  readonly #state: GpuState;
  readonly #model: Model;
  readonly #plans: ReadyPlans<HostBatches>;
  readonly #passes: HeldPasses;

  constructor(context: PlanContext) {
    this.#model = context.options.model;
    this.batchesPerCall = countBatchesPerCall(this.#model);
    this.threads = context.options.threads;
    this.#device = context.device;
    this.#state = context.state;
    this.#plans = new ReadyPlans(context);
    this.#passes = new HeldPasses(context);
  }

  get openingSeconds(): number {
    return this.#plans.seconds + this.#passes.seconds;
  }

  async train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = [];
    while (results.length < batches.length) {
      const rest = batches.slice(results.length);
      const [first] = rest;
      if (first === undefined) break;
      const key = keyOf(hostKindOf(first));
      const other = rest.findIndex((batch) => keyOf(hostKindOf(batch)) !== key);
      const alike = rest.slice(0, other < 0 ? undefined : other).slice(0, this.batchesPerCall);
      results.push(...(await this.#trainAlike(alike, hostKindOf(first), learningRate)));
    }
    return results;
  }

  async evaluate(batch: Batch): Promise<BatchEvaluation> {
    const kind = hostKindOf(batch);
    const ready = await this.#open('evaluation', kind);
    const { plan, recording, place } = ready;
    place.send([batch]);
    this.#run(ready, kind.size, 1, 0);
    const { stride, places, store } = plan.logits;
    const bytes = kind.size * stride * 4;
    const [results, scores] = await readBack(this.#device, [
      { buffer: place.results, bytes: 8 },
      { buffer: recording.buffer(store), bytes },
    ]);
    const numbers = floats(scores);
    const logits = Float32Array.from({ length: kind.size * places.length }, (_, index) => {
      const sample = Math.floor(index / places.length);
      return numbers[sample * stride + (places[index % places.length] ?? 0)] ?? Number.NaN;
    });
    return { ...resultAt(floats(results), 0), logits };
  }

  trainOver(pass: SamplePass, learningRate: number): PassResults {
    return this.#passes.train(pass, learningRate);
  }

  evaluateOver(pass: SamplePass): PassResults {
    return this.#passes.evaluate(pass);
  }

  async exportState(): Promise<TrainingState> {
    return this.#state.export();
  }

  async importState(state: TrainingState): Promise<void> {
    this.#state.import(state);
  }

  async close(): Promise<void> {
    this.#plans.close();
    this.#passes.close();
    this.#state.close();
  }

  #open(mode: Mode, kind: HostBatchKind): Promise<Ready<HostBatches>> {
    return this.#plans.open(mode, keyOf(kind), () =>
      HostBatches.open(this.#device, this.#model, kind, this.batchesPerCall),
    );
  }

  async #trainAlike(
    alike: readonly Batch[],
    kind: HostBatchKind,
    learningRate: number,
  ): Promise<readonly BatchResult[]> {
    const ready = await this.#open('training', kind);
    const { place } = ready;
    place.send(alike);
    this.#state.keep();
    this.#run(ready, kind.size, alike.length, learningRate);
    const [bytes] = await readBack(this.#device, [
      { buffer: place.results, bytes: 8 * alike.length },
    ]);
    const numbers = floats(bytes);
    const results = alike.map((_, slot) => resultAt(numbers, slot));
    const failed = results.findIndex(({ loss }) => !Number.isFinite(loss));
    if (failed < 0) return results;
    const layer = await this.#diagnose(ready, alike, kind, failed, learningRate);
    const explained = {
      ...results[failed],
      ...(layer === undefined ? {} : { failedLayer: layer }),
    };
    return results.map((result, slot) => (slot === failed ? { ...result, ...explained } : result));
  }

  /**
   * After a call in which the loss of a step was not finite: goes back, makes the steps before it again,
   * and looks at what each layer gives in that step. The state is then the one after all steps.
   */
  async #diagnose(
    ready: Ready<HostBatches>,
    alike: readonly Batch[],
    kind: HostBatchKind,
    failed: number,
    learningRate: number,
  ): Promise<string | undefined> {
    this.#state.goBack();
    if (failed > 0) this.#run(ready, kind.size, failed, learningRate);
    const looking = await this.#open('diagnosis', kind);
    const batch = alike[failed];
    if (batch === undefined) return undefined;
    looking.place.send([batch]);
    const statistics = await this.#state.export();
    this.#run(looking, kind.size, 1, learningRate);
    const layer = await findFailedLayer(this.#device, looking, kind.size);
    // Looking has moved the running statistics.
    this.#state.import(statistics);
    ready.place.send(alike.slice(failed));
    this.#run(ready, kind.size, alike.length - failed, learningRate);
    return layer;
  }

  /** Submits steps on the first slots. */
  #run(
    { recording, place }: Ready<HostBatches>,
    size: number,
    count: number,
    learningRate: number,
  ): void {
    const { gpu } = this.#device;
    const parameters = new ArrayBuffer(count * STEP_BYTES);
    const view = new DataView(parameters);
    for (let slot = 0; slot < count; slot += 1) {
      const at = slot * STEP_BYTES;
      view.setUint32(at, size, true);
      view.setFloat32(at + 4, learningRate, true);
      view.setUint32(at + 8, slot * size, true);
      view.setUint32(at + 12, slot, true);
    }
    gpu.queue.writeBuffer(place.steps, 0, parameters);
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let slot = 0; slot < count; slot += 1) recording.encode(pass, slot);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
  }
}

function countBatchesPerCall(model: Model): number {
  const wanted = OPERATIONS_PER_CALL / (trainingFlops(model) * USUAL_BATCH);
  return Math.min(MOST_BATCHES, Math.max(FEWEST_BATCHES, 2 ** Math.floor(Math.log2(wanted))));
}
