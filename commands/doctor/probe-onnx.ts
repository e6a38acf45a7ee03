/** Runs in a process of its own: what onnxruntime computes on here. */

import { testBlockedOperators } from '../../experiment/training/onnx/blocked/self-test.ts';
import type { Device } from '../../experiment/training/onnx/devices.ts';
import { findFault } from '../../experiment/training/onnx/probe-device.ts';
import { loadRuntime } from '../../experiment/training/onnx/runtime.ts';
import { timeProduct } from './time-device.ts';

/** What a device's test gave. `block` is the blocked layout's size; null where the layout is plain. */
export interface OnnxProbe {
  /** Why the device does not compute; null where it does. */
  readonly fault: string | null;
  readonly block: number | null;
  /** Why there is no blocked layout; null where there is, and on other devices than the CPU. */
  readonly plainReason: string | null;
  /** How many times as fast as one thread of the CPU it multiplies matrices; null for the CPU itself. */
  readonly speed: number | null;
}

/** Computes something small on a device. */
export async function probeOnnx(device: Device): Promise<OnnxProbe> {
  const runtime = await loadRuntime({ threads: 1, device });
  const fault = await findFault(runtime);
  const nothing = { fault, block: null, plainReason: null, speed: null };
  if (fault !== null) return nothing;
  if (device !== 'cpu') {
    const cpu = await loadRuntime({ threads: 1, device: 'cpu' });
    return { ...nothing, speed: (await timeProduct(cpu)) / (await timeProduct(runtime)) };
  }
  const support = await testBlockedOperators(runtime);
  return support.block === null
    ? { ...nothing, plainReason: support.reason }
    : { ...nothing, block: support.block };
}
