/**
 * The process in which `callInChild` calls a function, each with what it needs alone. Its arguments are
 * the function's name and argument; it sends what came of it, and ends when nobody listens any more.
 */

import type { Device } from '../experiment/training/onnx/devices.ts';
import type { StepSetting } from './calibrate/time-steps.ts';
import type { CallResult } from './call-in-child.ts';

const FUNCTIONS: Readonly<Record<string, (argument: string) => Promise<unknown>>> = {
  probeOnnx: async (device) => (await import('./doctor/probe-onnx.ts')).probeOnnx(device as Device),
  proveTraining: async (folder) =>
    (await import('./engines/training-proof.ts')).proveTraining(folder),
  timeSteps: async (argument) => {
    const { setting, seconds } = JSON.parse(argument) as { setting: StepSetting; seconds: number };
    return (await import('./calibrate/time-steps.ts')).timeSteps(setting, seconds);
  },
  probeWebgpu: async () => (await import('./doctor/probe-webgpu.ts')).probeWebgpu(),
};

async function call(name: string, argument: string): Promise<CallResult<unknown>> {
  try {
    return { ok: true, value: await FUNCTIONS[name]?.(argument) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: message.split('\n')[0] ?? '' };
  }
}

process.once('disconnect', () => process.exit(1));
const [name = '', argument = ''] = process.argv.slice(2);
const result = await call(name, argument);
process.send?.(result, () => process.exit());
