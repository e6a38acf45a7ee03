/** Runs the steps of a pass ahead of their results, so that the GPU never waits for either. */

import type { BatchResult } from '../engine.ts';
import type { GpuDevice } from './device.ts';
import type { EpochMemory } from './epoch-memory.ts';
import type { Pace } from './pace.ts';
import { floats, readBack } from './read-back.ts';
import type { Ready } from './ready-plans.ts';

/** Submissions that may wait for the GPU: it has work while the host does something else. */
const AHEAD = 4;
/** Results are asked for about so often, in milliseconds, and at the end of a pass. */
const REPORT_MS = 200;

/** What is run. */
export interface AheadOptions {
  readonly device: GpuDevice;
  readonly ready: Ready<EpochMemory>;
  /** How many steps to submit together. */
  readonly pace: Pace;
  /** Called before each submission; what it throws ends the run. */
  readonly onStep: () => void;
}

/** Submits the steps from `first` to before `end`. */
export function submitSteps(
  { gpu }: GpuDevice,
  { recording, place }: Ready<EpochMemory>,
  first: number,
  end: number,
): void {
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let step = first; step < end; step += 1) recording.encode(pass, step, place.sizeOf(step));
  pass.end();
  gpu.queue.submit([encoder.finish()]);
}

/**
 * Runs the first `count` steps and yields their results, in order. Where it ends early, it waits for what
 * it has submitted.
 */
export async function* runAhead(
  { device, ready, pace, onStep }: AheadOptions,
  count: number,
): AsyncGenerator<readonly BatchResult[]> {
  const waiting: Promise<unknown>[] = [];
  let asked: { readonly results: Promise<BatchResult[]>; readonly submission: number } | null =
    null;
  let [submission, read, lastRead] = [0, 0, performance.now()];
  try {
    for (let first = 0, end = 0; first < count; first = end) {
      onStep();
      end = Math.min(first + pace.steps, count);
      submitSteps(device, ready, first, end);
      submission += 1;
      waiting.push(pace.watch(device.gpu.queue.onSubmittedWorkDone()));
      if (waiting.length >= AHEAD) await waiting.shift();
      if (asked !== null && submission - asked.submission >= AHEAD) {
        yield await asked.results;
        asked = null;
      }
      const isDue = end === count || performance.now() - lastRead >= REPORT_MS;
      if (!isDue || (asked !== null && end < count)) continue;
      if (asked !== null) yield await asked.results;
      asked = { results: readResults(device, ready.place, read, end), submission };
      waiting.push(asked.results);
      [read, lastRead] = [end, performance.now()];
    }
    if (asked !== null) yield await asked.results;
  } finally {
    await Promise.allSettled(waiting);
  }
}

async function readResults(
  device: GpuDevice,
  memory: EpochMemory,
  first: number,
  end: number,
): Promise<BatchResult[]> {
  const [bytes] = await readBack(device, [
    { buffer: memory.results, from: 8 * first, bytes: 8 * (end - first) },
  ]);
  const numbers = floats(bytes);
  return Array.from({ length: end - first }, (_, index) => resultAt(numbers, index));
}

/** What the kernels of the loss have left in a slot. */
export function resultAt(numbers: Float32Array, slot: number): BatchResult {
  return { loss: numbers[2 * slot] ?? Number.NaN, correct: numbers[2 * slot + 1] ?? 0 };
}
