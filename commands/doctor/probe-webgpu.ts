/** Runs in a process of its own: which GPU the engine `webgpu` computes on here. */

import { openDevice } from '../../experiment/training/webgpu/device.ts';

/** The adapter that the engine takes. */
export interface WebgpuProbe {
  /** Vendor, architecture, driver and backend. */
  readonly name: string;
  readonly isProcessor: boolean;
  /** The largest piece of memory that a kernel sees. */
  readonly pieceBytes: number;
  /** All of its memory; null where the system does not tell. */
  readonly memoryBytes: number | null;
}

/**
 * Opens the GPU.
 *
 * @throws StageFailure where there is none, or the package is not installed
 */
export async function probeWebgpu(): Promise<WebgpuProbe> {
  const { name, isProcessor, pieceBytes, memory } = await openDevice();
  return { name, isProcessor, pieceBytes, memoryBytes: await memory() };
}
