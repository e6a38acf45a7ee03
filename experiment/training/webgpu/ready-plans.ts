/** Plans of one engine that are ready to run, each for batches of one kind. */

import type { EngineOptions } from '../engine.ts';
import type { GpuDevice } from './device.ts';
import type { KernelSetting } from './kernels/multiply.ts';
import { planMemory } from './memory.ts';
import { admitNeed, wordNeed } from './needs.ts';
import {
  type GpuPlan,
  type Prepared,
  planEvaluation,
  planTraining,
  type Sources,
} from './plan/compile.ts';
import { type Buffers, Recording } from './recording.ts';
import type { GpuState } from './state.ts';
import type { Store } from './tensors.ts';

/** Kinds of batches whose memory is kept: full and last ones, of trainings and evaluations. */
const KINDS_KEPT = 4;
/**
 * Kernels are cut up for batches of this size, whatever the size of a batch: sums then do not depend on
 * which batches came before.
 */
const USUAL_BATCH = 128;

/** What a plan does; a diagnosis goes forward as in training and leaves what each layer gave. */
export type Mode = 'training' | 'evaluation' | 'diagnosis';

/** Where the batches of a plan come from and its results go. */
export interface BatchPlace {
  readonly sources: Sources;
  /** Memory of the stores in `sources`. */
  readonly buffers: Buffers;
  /** Parameters of steps. */
  readonly steps: GPUBuffer;
  /** Samples of the largest batch. */
  readonly size: number;
  /** Gives memory back that no other plan uses. */
  readonly release?: () => void;
}

/** A plan with its memory. */
export interface Ready<Place extends BatchPlace> {
  readonly plan: GpuPlan;
  readonly recording: Recording;
  readonly place: Place;
}

/** What an engine on a GPU is told beside what all are. */
export interface WebgpuOptions extends EngineOptions, Pick<KernelSetting, 'cut'> {
  /** Takes a line about what it does, for whoever reads the stage's log. */
  readonly tell?: (line: string) => void;
}

/** What all plans of an engine share. */
export interface PlanContext {
  readonly options: WebgpuOptions;
  readonly device: GpuDevice;
  readonly prepared: Prepared;
  readonly state: GpuState;
}

/** Makes plans ready when they are first asked for, and forgets the oldest. */
export class ReadyPlans<Place extends BatchPlace> {
  readonly #context: PlanContext;
  readonly #ready = new Map<string, Ready<Place>>();
  /** What making them ready has taken, all in all. */
  seconds = 0;
  #hasTold = false;

  constructor(context: PlanContext) {
    this.#context = context;
  }

  /** The plan for batches of this kind; `place` is asked for where it is made ready. */
  async open(mode: Mode, kind: string, place: () => Promise<Place>): Promise<Ready<Place>> {
    const key = `${mode} ${kind}`;
    const known = this.#ready.get(key);
    if (known !== undefined) {
      this.#ready.delete(key);
      this.#ready.set(key, known);
      return known;
    }
    const started = performance.now();
    const [oldest] = this.#ready.keys();
    if (oldest !== undefined && this.#ready.size >= KINDS_KEPT) this.#forget(oldest);
    const ready = await this.#makeReady(mode, await place());
    this.#ready.set(key, ready);
    this.seconds += (performance.now() - started) / 1000;
    return ready;
  }

  /** Gives the memory of all plans back. */
  close(): void {
    for (const key of [...this.#ready.keys()]) this.#forget(key);
  }

  /** Sees that there is room, and says what a training takes, once. */
  async #admit(mode: Mode, pieces: readonly number[], { buffers, size }: Place): Promise<void> {
    const { device, state, options } = this.#context;
    const samples = sumOf([...buffers.values()].map((buffer) => buffer.size));
    const need = { state: state.bytes, values: this.bytes + sumOf(pieces), samples };
    await admitNeed(device, need, Math.max(0, ...pieces), size);
    if (mode !== 'training' || this.#hasTold) return;
    this.#hasTold = true;
    options.tell?.(`Takes ${wordNeed(need, size)}`);
  }

  #forget(key: string): void {
    this.#ready.get(key)?.recording.close();
    this.#ready.get(key)?.place.release?.();
    this.#ready.delete(key);
  }

  /** Bytes for the values of all plans that are ready. */
  get bytes(): number {
    return sumOf([...this.#ready.values()].map(({ recording }) => recording.bytes));
  }

  /** Bytes for the values of a plan, which need not be made ready for that. */
  valueBytes(mode: Mode, sources: Sources, batch: number): number {
    const { passes, logits } = this.#plan(mode, sources);
    return sumOf(planMemory(passes, batch, new Set([logits.store])).pieces);
  }

  #plan(mode: Mode, sources: Sources): GpuPlan {
    const { options, device, prepared } = this.#context;
    const { sgd, cut } = options;
    const setting = {
      machine: device.machine,
      batch: USUAL_BATCH,
      ...(cut === undefined ? {} : { cut }),
    };
    return mode === 'evaluation'
      ? planEvaluation(prepared, sources, setting)
      : planTraining(prepared, sources, { ...setting, sgd });
  }

  async #makeReady(mode: Mode, place: Place): Promise<Ready<Place>> {
    const { device, state } = this.#context;
    const { sources, steps, size: batch } = place;
    const plan = this.#plan(mode, sources);
    const kept: Buffers = new Map([...state.buffers, ...place.buffers]);
    const ends = plan.passes.findIndex(({ label }) => label === 'loss');
    const passes = mode === 'diagnosis' ? plan.passes.slice(0, ends + 1) : plan.passes;
    const outputs = plan.outputs.map(({ view }) => view.store);
    const apart = new Set<Store>(mode === 'diagnosis' ? outputs : []);
    apart.add(plan.logits.store);
    await this.#admit(mode, planMemory(passes, batch, apart).pieces, place);
    const recording = await Recording.open({ device, passes, batch, kept, steps, apart });
    return { plan, recording, place };
  }
}

function sumOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, each) => sum + each, 0);
}
