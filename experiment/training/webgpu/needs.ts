/** How much of a GPU's memory a training takes, told and checked before it starts. */

import { fail } from '../../data/failure.ts';
import type { GpuDevice } from './device.ts';

/** Bytes, by what they are for. */
export interface MemoryNeed {
  /** Weights, momentum and statistics, and a copy of all to go back to. */
  readonly state: number;
  /** What layers give, gradients and parts of sums, for one batch. */
  readonly values: number;
  /** Images and labels that lie there, or batches on their way. */
  readonly samples: number;
}

const MEBIBYTE = 2 ** 20;

/** Bytes as a person reads them. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE).toLocaleString('en-US')} MB`;
}

/** All of it, in bytes. */
export function totalNeed({ state, values, samples }: MemoryNeed): number {
  return state + values + samples;
}

/** A need in words, for batches of a size. */
export function wordNeed(need: MemoryNeed, batch: number): string {
  const { state, values, samples } = need;
  return (
    `${megabytes(totalNeed(need))} of its memory: ${megabytes(values)} for the values of a batch of ${batch}, ` +
    `${megabytes(state)} for weights, momentum and a copy of both, ${megabytes(samples)} for images and labels`
  );
}

/**
 * Sees that there is room for a plan.
 *
 * @param largest bytes of the largest piece of its memory
 * @throws StageFailure where a piece is larger than a kernel may see, or all of it than what the GPU is known to have
 */
export async function admitNeed(
  device: Pick<GpuDevice, 'pieceBytes' | 'memory' | 'name'>,
  need: MemoryNeed,
  largest: number,
  batch: number,
): Promise<void> {
  const { pieceBytes, name } = device;
  const remedy = 'take a smaller training.batch_size or training.width, or engine.name=onnx';
  if (largest > pieceBytes) {
    fail(
      `the engine "webgpu" needs ${megabytes(largest)} in one piece for a batch of ${batch}, and kernels on this GPU ` +
        `see at most ${megabytes(pieceBytes)}: ${remedy}`,
    );
  }
  const there = await device.memory();
  if (there === null || totalNeed(need) <= there) return;
  fail(
    `the engine "webgpu" needs ${wordNeed(need, batch)}; this GPU (${name}) has ${megabytes(there)}: ${remedy}`,
  );
}
