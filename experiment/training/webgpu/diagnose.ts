/** Finds where in a model the numbers end. */

import type { GpuDevice } from './device.ts';
import { floats, readBack } from './read-back.ts';
import type { BatchPlace, Ready } from './ready-plans.ts';

/** After a diagnosis of a batch of `size`: the first layer that gave a number that is not finite, if any. */
export async function findFailedLayer(
  device: GpuDevice,
  { plan, recording }: Ready<BatchPlace>,
  size: number,
): Promise<string | undefined> {
  for (const { layer, view } of plan.outputs) {
    const buffer = recording.buffer(view.store);
    const [values] = await readBack(device, [{ buffer, bytes: view.store.bytesPerSample * size }]);
    if (!floats(values).every(Number.isFinite)) return layer;
  }
  return undefined;
}
