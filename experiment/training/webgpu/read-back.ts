/** Copies memory of a GPU to the host. */

import type { GpuDevice } from './device.ts';

const MAP_READ_COPY_DST = 0x01 | 0x08;
const READ = 1;

/**
 * Copies of so many bytes of buffers, `from` a multiple of 4 on; one wait for all of them.
 *
 * @throws StageFailure where the GPU is gone, or something has gone wrong on it
 */
export async function readBack(
  device: GpuDevice,
  wanted: readonly {
    readonly buffer: GPUBuffer;
    readonly bytes: number;
    readonly from?: number;
  }[],
): Promise<ArrayBuffer[]> {
  const { gpu } = device;
  const total = wanted.reduce((sum, { bytes }) => sum + roundTo8(bytes), 0);
  const staging = await device.buffer('what is read back', total, MAP_READ_COPY_DST);
  const encoder = gpu.createCommandEncoder();
  let offset = 0;
  for (const { buffer, bytes, from = 0 } of wanted) {
    encoder.copyBufferToBuffer(buffer, from, staging, offset, Math.ceil(bytes / 4) * 4);
    offset += roundTo8(bytes);
  }
  gpu.queue.submit([encoder.finish()]);
  try {
    await staging.mapAsync(READ);
  } catch (error) {
    // Of a GPU that is gone Dawn says no more than that it was aborted, maybe before it tells of the loss.
    await new Promise((resolve) => setImmediate(resolve));
    device.check();
    throw error;
  }
  const all = staging.getMappedRange();
  const copies: ArrayBuffer[] = [];
  offset = 0;
  for (const { bytes } of wanted) {
    copies.push(all.slice(offset, offset + bytes));
    offset += roundTo8(bytes);
  }
  staging.unmap();
  staging.destroy();
  device.check();
  return copies;
}

function roundTo8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Bytes as single-precision numbers; none where there are none. */
export function floats(bytes: ArrayBuffer | undefined): Float32Array {
  return bytes === undefined ? new Float32Array() : new Float32Array(bytes);
}
