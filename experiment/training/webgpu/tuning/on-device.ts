/** A training whose images lie on the GPU: what is timed. */

import type { Model } from '../../../models/model.ts';
import { initialState } from '../../initialisation.ts';
import { type GpuDevice, STEP_BYTES } from '../device.ts';
import type { KernelSetting } from '../kernels/multiply.ts';
import { planTraining, prepareModel } from '../plan/compile.ts';
import { floats, readBack } from '../read-back.ts';
import { type Buffers, Recording, STORAGE, UNIFORM } from '../recording.ts';
import { GpuState } from '../state.ts';
import { fixedStore } from '../tensors.ts';

/** Steps that are encoded and submitted together. */
const STEPS_TOGETHER = 16;
/** Submissions that may wait for the GPU. */
const AHEAD = 3;
const IMAGE_SIZE = 32;
/** As the experiments use it. */
const SGD = { momentum: 0.9, weightDecay: 0 };
const QUERY_RESOLVE = 0x200 | 0x04;

/** A plan with its data, ready to step. */
export interface OnDevice {
  readonly recording: Recording;
  readonly openSeconds: number;
  /** Trains for so long; milliseconds a step, and of these what encoding took. */
  readonly time: (
    seconds: number,
  ) => Promise<{ ms: number; encode_ms: number; steps: number; loss: number }>;
  /** Seconds of each pass, the median of some steps: by timestamps, where there are none by the clock. */
  readonly profile: (repeats: number) => Promise<number[]>;
  /** Gives its memory back. */
  readonly close: () => void;
}

/**
 * Puts random images and a model on a GPU.
 *
 * @throws StageFailure where there is too little memory, or where a kernel does not compile
 */
export async function openOnDevice(
  device: GpuDevice,
  model: Model,
  batch: number,
  cut?: KernelSetting['cut'],
): Promise<OnDevice> {
  const started = performance.now();
  const { gpu } = device;
  const [channels = 3] = model.inputShape;
  const count = STEPS_TOGETHER * batch;
  const prepared = prepareModel(model);
  const state = await GpuState.open(device, model, prepared.state);
  state.import(initialState(model, 42));
  const bytes = count * channels * IMAGE_SIZE * IMAGE_SIZE;
  const stores = {
    images: fixedStore('images', bytes / 4, true),
    labels: fixedStore('labels', count, true),
    order: fixedStore('order', count, true),
    results: fixedStore('results', 2 * STEPS_TOGETHER, true),
  };
  const kept: Buffers = new Map(state.buffers);
  for (const store of Object.values(stores))
    kept.set(store, await device.buffer(store.name, store.bytes, STORAGE));
  let seed = 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed >>> 8;
  };
  const write = (
    store: (typeof stores)['images'],
    data: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  ): void => {
    const buffer = kept.get(store);
    if (buffer !== undefined) gpu.queue.writeBuffer(buffer, 0, data);
  };
  write(stores.images, new Uint8Array(bytes).map(random));
  write(
    stores.labels,
    new Uint32Array(count).map(() => random() % model.classCount),
  );
  write(
    stores.order,
    new Uint32Array(count).map((_, index) => (index * 7919) % count),
  );
  const all = Array.from({ length: channels }, () => 1);
  const sources = {
    images: {
      kind: 'bytes' as const,
      images: [stores.images],
      height: IMAGE_SIZE,
      width: IMAGE_SIZE,
      order: stores.order,
      scales: all.map(() => 1 / (255 * 0.25)),
      shifts: all.map(() => -2),
    },
    labels: stores.labels,
    order: stores.order,
    results: stores.results,
  };
  const steps = await device.buffer('steps', STEPS_TOGETHER * STEP_BYTES, UNIFORM);
  const parameters = new DataView(new ArrayBuffer(STEPS_TOGETHER * STEP_BYTES));
  for (let slot = 0; slot < STEPS_TOGETHER; slot += 1) {
    parameters.setUint32(slot * STEP_BYTES, batch, true);
    parameters.setFloat32(slot * STEP_BYTES + 4, 0.01, true);
    parameters.setUint32(slot * STEP_BYTES + 8, slot * batch, true);
    parameters.setUint32(slot * STEP_BYTES + 12, slot, true);
  }
  gpu.queue.writeBuffer(steps, 0, parameters.buffer);
  const options = {
    machine: device.machine,
    batch,
    sgd: SGD,
    ...(cut === undefined ? {} : { cut }),
  };
  const { passes } = planTraining(prepared, sources, options);
  const recording = await Recording.open({ device, passes, batch, kept, steps });
  const results = kept.get(stores.results);
  if (results === undefined) throw new Error('no results');
  return {
    recording,
    openSeconds: (performance.now() - started) / 1000,
    time: (seconds) => timeSteps(device, recording, results, seconds),
    profile: (repeats) =>
      device.hasTimestamps
        ? profilePasses(device, recording, repeats)
        : clockPasses(device, recording, repeats),
    close: () => {
      recording.close();
      state.close();
      for (const buffer of [...Object.values(stores).map((store) => kept.get(store)), steps]) {
        buffer?.destroy();
      }
    },
  };
}

async function timeSteps(
  device: GpuDevice,
  recording: Recording,
  results: GPUBuffer,
  seconds: number,
) {
  const { gpu } = device;
  let encoding = 0;
  const submit = (): void => {
    const started = performance.now();
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let slot = 0; slot < STEPS_TOGETHER; slot += 1) recording.encode(pass, slot);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    encoding += performance.now() - started;
  };
  submit();
  await gpu.queue.onSubmittedWorkDone();
  encoding = 0;
  const started = performance.now();
  const waiting: Promise<undefined>[] = [];
  let submissions = 0;
  while (performance.now() - started < seconds * 1000 || submissions < 2) {
    submit();
    submissions += 1;
    waiting.push(gpu.queue.onSubmittedWorkDone());
    if (waiting.length >= AHEAD) await waiting.shift();
  }
  const [bytes] = await readBack(device, [{ buffer: results, bytes: 8 * STEPS_TOGETHER }]);
  const steps = submissions * STEPS_TOGETHER;
  const ms = (performance.now() - started) / steps;
  return {
    ms,
    encode_ms: encoding / steps,
    steps,
    loss: floats(bytes)[2 * STEPS_TOGETHER - 2] ?? Number.NaN,
  };
}

async function profilePasses(
  device: GpuDevice,
  recording: Recording,
  repeats: number,
): Promise<number[]> {
  const { gpu } = device;
  const count = 2 * recording.passes.length;
  const querySet = gpu.createQuerySet({ type: 'timestamp', count });
  const resolved = await device.buffer('timestamps', 8 * count, QUERY_RESOLVE);
  const seen: number[][] = recording.passes.map(() => []);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const encoder = gpu.createCommandEncoder();
    recording.encodeTimed(encoder, repeat % STEPS_TOGETHER, querySet);
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    gpu.queue.submit([encoder.finish()]);
    const [bytes] = await readBack(device, [{ buffer: resolved, bytes: 8 * count }]);
    const times = new BigUint64Array(bytes ?? new ArrayBuffer(0));
    for (const [index, list] of seen.entries()) {
      list.push(Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n)) / 1e9);
    }
  }
  querySet.destroy();
  resolved.destroy();
  return seen.map(medianOf);
}

/** With the way to the GPU and back, which is the same for all cuts. */
async function clockPasses(
  { gpu }: GpuDevice,
  recording: Recording,
  repeats: number,
): Promise<number[]> {
  const medians: number[] = [];
  for (const index of recording.passes.keys()) {
    const seen: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      recording.encodeOne(pass, index, repeat % STEPS_TOGETHER);
      pass.end();
      const started = performance.now();
      gpu.queue.submit([encoder.finish()]);
      await gpu.queue.onSubmittedWorkDone();
      seen.push((performance.now() - started) / 1000);
    }
    medians.push(medianOf(seen));
  }
  return medians;
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
