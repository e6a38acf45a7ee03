/** The functions that `callInChild` calls in a process of its own, each with what it needs alone. */

import type { Device } from '../experiment/training/onnx/devices.ts';
import type { OnnxProbe } from './doctor/probe-onnx.ts';
import type { TrainingProof } from './engines/training-proof.ts';

/** {@link import('./doctor/probe-onnx.ts').probeOnnx} */
export async function probeOnnx(device: Device): Promise<OnnxProbe> {
  return (await import('./doctor/probe-onnx.ts')).probeOnnx(device);
}

/** {@link import('./engines/training-proof.ts').proveTraining} */
export async function proveTraining(folder: string): Promise<TrainingProof> {
  return (await import('./engines/training-proof.ts')).proveTraining(folder);
}
