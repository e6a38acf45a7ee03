/** Passes over samples that lie on the GPU. */

import { StageFailure } from '../../data/failure.ts';
import type { LabeledImages } from '../../data/images.ts';
import { trainingFlops } from '../../models/flops.ts';
import type { BatchResult, BatchSource, SamplePass } from '../engine.ts';
import { findFailedLayer } from './diagnose.ts';
import { type EpochKind, EpochMemory, layOutEpoch } from './epoch-memory.ts';
import {
  HeldSamples,
  isReadable,
  layOutSamples,
  type SampleLayout,
  sampleBytesOf,
} from './held-samples.ts';
import { megabytes } from './needs.ts';
import { Pace } from './pace.ts';
import { type Mode, type PlanContext, type Ready, ReadyPlans } from './ready-plans.ts';
import { runAhead, submitSteps } from './run-ahead.ts';

/** Operations that are submitted together at first, about: some 5 ms of a large GPU. */
const OPERATIONS_TOGETHER = 1e11;

/** Where passes over some samples run. */
export interface PassPlace {
  readonly key: string;
  readonly memory: EpochMemory;
}

/** Trains and evaluates over samples that it has uploaded. */
export class HeldPasses {
  readonly #context: PlanContext;
  readonly #plans: ReadyPlans<EpochMemory>;
  readonly #samples = new Map<LabeledImages, HeldSamples>();
  /** Samples for which there is no room. */
  readonly #unheld = new Set<LabeledImages>();
  readonly #places = new Map<LabeledImages, PassPlace[]>();
  readonly #paces = new WeakMap<Ready<EpochMemory>, Pace>();
  #count = 0;

  constructor(context: PlanContext) {
    this.#context = context;
    this.#plans = new ReadyPlans(context);
  }

  /** What making plans ready has taken. */
  get seconds(): number {
    return this.#plans.seconds;
  }

  /** The place for a pass, its samples uploaded when they first come; null where they have no room, which is told once. */
  async hold({ source, order }: SamplePass, mode: Mode): Promise<PassPlace | null> {
    const { samples, batchSize, corners } = source;
    const kind: EpochKind = { count: order.length, batchSize, isCropped: corners !== undefined };
    const key = `${kind.count} ${batchSize} ${kind.isCropped}`;
    const places = this.#places.get(samples) ?? [];
    this.#places.set(samples, places);
    const known = places.find((place) => place.key.endsWith(` ${key}`));
    if (known !== undefined) return known;
    const held = this.#samples.get(samples) ?? (await this.#upload(source, kind, mode));
    if (held === null) return null;
    this.#samples.set(samples, held);
    this.#count += 1;
    const memory = await EpochMemory.open(this.#context.device, held, kind);
    const place = { key: `${this.#count} ${key}`, memory };
    places.push(place);
    return place;
  }

  /** Trains one step a batch; the result whose loss is not finite is the last one. */
  async *train(
    place: PassPlace,
    { source, order, onStep }: SamplePass,
    learningRate: number,
  ): AsyncGenerator<readonly BatchResult[]> {
    const { device, state } = this.#context;
    const ready = await this.#plans.open('training', place.key, async () => place.memory);
    place.memory.begin(order, source.corners, learningRate);
    state.keep();
    const options = { device, ready, pace: this.#paceOf(ready), onStep };
    let done = 0;
    let failure: readonly BatchResult[] | null = null;
    for await (const results of runAhead(options, place.memory.batches)) {
      const failed = results.findIndex(({ loss }) => !Number.isFinite(loss));
      if (failed >= 0) {
        failure = results.slice(0, failed + 1);
        break;
      }
      yield results;
      done += results.length;
    }
    if (failure === null) return;
    const layer = await this.#diagnose(ready, place, done + failure.length - 1);
    const explain = (result: BatchResult, index: number): BatchResult =>
      index < failure.length - 1 || layer === undefined
        ? result
        : { ...result, failedLayer: layer };
    yield failure.map(explain);
  }

  /** Runs the model forward on each batch. */
  async *evaluate(
    { key, memory }: PassPlace,
    { source, order, onStep }: SamplePass,
  ): AsyncGenerator<readonly BatchResult[]> {
    const { device } = this.#context;
    const ready = await this.#plans.open('evaluation', key, async () => memory);
    memory.begin(order, source.corners, 0);
    yield* runAhead({ device, ready, pace: this.#paceOf(ready), onStep }, memory.batches);
  }

  /** Gives all memory back. */
  close(): void {
    this.#plans.close();
    for (const { memory } of [...this.#places.values()].flat()) memory.close();
    for (const samples of this.#samples.values()) samples.close();
  }

  /**
   * After a pass in which the loss of a step was not finite: makes the steps before it again, from the
   * state at the beginning of the pass, and looks at what each layer gives in that step. The state is then
   * the one after it.
   */
  async #diagnose(
    ready: Ready<EpochMemory>,
    { key, memory }: PassPlace,
    failed: number,
  ): Promise<string | undefined> {
    const { device, state } = this.#context;
    state.goBack();
    const options = { device, ready, pace: this.#paceOf(ready), onStep: () => {} };
    for await (const _ of runAhead(options, failed));
    // Looking moves the running statistics.
    state.keep();
    const looking = await this.#plans.open('diagnosis', key, async () => memory);
    submitSteps(device, looking, failed, failed + 1);
    const layer = await findFailedLayer(device, looking, memory.sizeOf(failed));
    state.goBack();
    submitSteps(device, ready, failed, failed + 1);
    return layer;
  }

  async #upload(
    { samples, info }: BatchSource,
    kind: EpochKind,
    mode: Mode,
  ): Promise<HeldSamples | null> {
    if (this.#unheld.has(samples)) return null;
    const { device, options } = this.#context;
    const layout = layOutSamples(device.pieceBytes, samples, info);
    let reason = await this.#findNoRoom(layout, kind, mode);
    try {
      if (reason === null) return await HeldSamples.open(device, samples, info, layout);
    } catch (error) {
      if (!(error instanceof StageFailure)) throw error;
      reason = error.message;
    }
    this.#unheld.add(samples);
    options.tell?.(
      `${megabytes(sampleBytesOf(layout))} of images stay on the host, and go to the GPU batch by batch: ${reason}`,
    );
    return null;
  }

  /** Why there is no room for samples; null where it is not known that there is none. */
  async #findNoRoom(layout: SampleLayout, kind: EpochKind, mode: Mode): Promise<string | null> {
    const { device, state } = this.#context;
    if (!isReadable(layout)) {
      return `a kernel on this GPU sees at most ${megabytes(device.pieceBytes)} in a piece`;
    }
    const there = await device.memory();
    if (there === null) return null;
    const size = Math.min(kind.batchSize, kind.count);
    const held = [...this.#samples.values()].map((each) => sampleBytesOf(each.layout));
    const others =
      state.bytes +
      held.reduce((sum, bytes) => sum + bytes, 0) +
      this.#plans.bytes +
      this.#plans.valueBytes(mode, layOutEpoch(layout, kind).sources, size);
    return others + sampleBytesOf(layout) <= there
      ? null
      : `the GPU has ${megabytes(there)}, of which ${megabytes(others)} are needed for the rest`;
  }

  #paceOf(ready: Ready<EpochMemory>): Pace {
    const { model } = this.#context.options;
    const operations = trainingFlops(model) * ready.place.size;
    const pace = this.#paces.get(ready) ?? new Pace(Math.floor(OPERATIONS_TOGETHER / operations));
    this.#paces.set(ready, pace);
    return pace;
  }
}
