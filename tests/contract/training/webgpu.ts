/** The engine `webgpu`, for the suites. */

import { describe } from 'vitest';
import { openDevice } from '../../../experiment/training/webgpu/device.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import type { CreateEngine } from './samples.ts';

/** On the GPU that is here. */
export const createWebgpu: CreateEngine = async (options) =>
  openWebgpuEngine(options, await openDevice());

/** Why there is no GPU to test on; null where there is one. */
async function findFault(): Promise<string | null> {
  try {
    await openDevice();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Describes suites on a GPU; where there is none they are skipped, saying so. */
export async function describeOnGpu(suites: () => void): Promise<void> {
  const fault = await findFault();
  if (fault === null) describe('on a GPU', suites);
  else describe.skip(`on a GPU: ${fault}`, suites);
}
