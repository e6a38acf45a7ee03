/** Steps on batches that the host sends. */

import type { Model } from '../../models/model.ts';
import { batchGroups } from '../batches.ts';
import type { Batch, BatchEvaluation, BatchResult, SamplePass } from '../engine.ts';
import { type GpuDevice, STEP_BYTES } from './device.ts';
import { findFailedLayer } from './diagnose.ts';
import { HostBatches, type HostBatchKind, hostKindOf, keyOf } from './host-batches.ts';
import { floats, readBack } from './read-back.ts';
import { type Mode, type PlanContext, type Ready, ReadyPlans } from './ready-plans.ts';
import { resultAt } from './run-ahead.ts';
import type { GpuState } from './state.ts';

/** Trains and evaluates on batches, so many at once. */
export class HostPasses {
  readonly #most: number;
  readonly #device: GpuDevice;
  readonly #state: GpuState;
  readonly #model: Model;
  readonly #plans: ReadyPlans<HostBatches>;

  /** @param most batches of a call */
  constructor(context: PlanContext, most: number) {
    this.#most = most;
    this.#model = context.options.model;
    this.#device = context.device;
    this.#state = context.state;
    this.#plans = new ReadyPlans(context);
  }

  /** What making plans ready has taken. */
  get seconds(): number {
    return this.#plans.seconds;
  }

  /** Trains one step a batch. */
  async train(batches: readonly Batch[], learningRate: number): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = [];
    while (results.length < batches.length) {
      const rest = batches.slice(results.length);
      const [first] = rest;
      if (first === undefined) break;
      const key = keyOf(hostKindOf(first));
      const other = rest.findIndex((batch) => keyOf(hostKindOf(batch)) !== key);
      const alike = rest.slice(0, other < 0 ? undefined : other).slice(0, this.#most);
      results.push(...(await this.#trainAlike(alike, hostKindOf(first), learningRate)));
    }
    return results;
  }

  /** Trains one step a batch of samples; the result whose loss is not finite is the last one. */
  async *trainOver(
    { source, order, onStep }: SamplePass,
    learningRate: number,
  ): AsyncGenerator<readonly BatchResult[]> {
    for (const group of batchGroups(source, order, this.#most)) {
      onStep();
      const results = await this.train(group, learningRate);
      const failed = results.findIndex(({ loss }) => !Number.isFinite(loss));
      if (failed < 0) {
        yield results;
        continue;
      }
      // The batches of a group are alike, so that what was kept is the state before it.
      this.#state.goBack();
      await this.train(group.slice(0, failed + 1), learningRate);
      yield results.slice(0, failed + 1);
      return;
    }
  }

  /** Runs the model forward on each batch of samples. */
  async *evaluateOver({
    source,
    order,
    onStep,
  }: SamplePass): AsyncGenerator<readonly BatchResult[]> {
    for (const [batch] of batchGroups(source, order, 1)) {
      onStep();
      if (batch === undefined) continue;
      const { loss, correct } = await this.evaluate(batch);
      yield [{ loss, correct }];
    }
  }

  /** Runs the model forward on one batch. */
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

  /** Gives the memory of its plans back. */
  close(): void {
    this.#plans.close();
  }

  #open(mode: Mode, kind: HostBatchKind): Promise<Ready<HostBatches>> {
    return this.#plans.open(mode, keyOf(kind), () =>
      HostBatches.open(this.#device, this.#model, kind, this.#most),
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
