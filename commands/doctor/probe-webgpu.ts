/** Runs in a process of its own: which GPU the engine `webgpu` computes on here. */

import { openDevice } from '../../experiment/training/webgpu/device.ts';

/** The adapter that the engine takes. */
export interface WebgpuProbe {
  /** Vendor, architecture and driver. */
  readonly name: string;
}

/**
 * Opens the GPU.
 *
 * @throws StageFailure where there is none, or the package is not installed
 */
export async function probeWebgpu(): Promise<WebgpuProbe> {
  const { name } = await openDevice();
  return { name };
}
