/** Runs in a process of its own: which GPU the engine `webgpu` computes on here. */

import { openDevice } from '../../experiment/training/webgpu/device.ts';
import { listAdapters } from '../../experiment/training/webgpu/load.ts';

/** The adapter that the engine takes. */
export interface WebgpuProbe {
  /** Vendor, architecture, driver and backend. */
  readonly name: string;
  readonly isProcessor: boolean;
  /** What all adapters that are here are called; one of the model of the first is taken. */
  readonly adapters: readonly string[];
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
  const [memoryBytes, adapters] = [await memory(), await listAdapters()];
  return { name, isProcessor, adapters, pieceBytes, memoryBytes };
}
