/** Passes over samples that lie on the GPU. */

import type { LabeledImages } from '../../data/images.ts';
import { trainingFlops } from '../../models/flops.ts';
import type { BatchResult, BatchSource, SamplePass } from '../engine.ts';
import { findFailedLayer } from './diagnose.ts';
import { type EpochKind, EpochMemory } from './epoch-memory.ts';
import { HeldSamples } from './held-samples.ts';
import { Pace } from './pace.ts';
import { type PlanContext, type Ready, ReadyPlans } from './ready-plans.ts';
import { runAhead, submitSteps } from './run-ahead.ts';

/** Operations that are submitted together at first, about: some 5 ms of a large GPU. */
const OPERATIONS_TOGETHER = 1e11;

interface Place {
  readonly key: string;
  readonly memory: EpochMemory;
}

/** Trains and evaluates over samples, which it uploads when they first come. */
export class HeldPasses {
  readonly #context: PlanContext;
  readonly #plans: ReadyPlans<EpochMemory>;
  readonly #samples = new Map<LabeledImages, HeldSamples>();
  readonly #places = new Map<LabeledImages, Place[]>();
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

  /** Trains one step a batch; the result whose loss is not finite is the last one. */
  async *train(
    { source, order, onStep }: SamplePass,
    learningRate: number,
  ): AsyncGenerator<readonly BatchResult[]> {
    const { device, state } = this.#context;
    const place = await this.#placeFor(source, order.length);
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
  async *evaluate({ source, order, onStep }: SamplePass): AsyncGenerator<readonly BatchResult[]> {
    const { device } = this.#context;
    const { key, memory } = await this.#placeFor(source, order.length);
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
    { key, memory }: Place,
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

  async #placeFor(
    { samples, info, batchSize, corners }: BatchSource,
    count: number,
  ): Promise<Place> {
    const kind: EpochKind = { count, batchSize, isCropped: corners !== undefined };
    const key = `${count} ${batchSize} ${kind.isCropped}`;
    const places = this.#places.get(samples) ?? [];
    this.#places.set(samples, places);
    const known = places.find((place) => place.key.endsWith(` ${key}`));
    if (known !== undefined) return known;
    const { device } = this.#context;
    const held = this.#samples.get(samples) ?? (await HeldSamples.open(device, samples, info));
    this.#samples.set(samples, held);
    this.#count += 1;
    const place = {
      key: `${this.#count} ${key}`,
      memory: await EpochMemory.open(device, held, kind),
    };
    places.push(place);
    return place;
  }

  #paceOf(ready: Ready<EpochMemory>): Pace {
    const { model } = this.#context.options;
    const operations = trainingFlops(model) * ready.place.size;
    const pace = this.#paces.get(ready) ?? new Pace(Math.floor(OPERATIONS_TOGETHER / operations));
    this.#paces.set(ready, pace);
    return pace;
  }
}
