/** The engine `tfjs`: which package of TensorFlow.js it would run on, and whether that works. */

import { join } from 'node:path';
import { TFJS_PACKAGES, type TfjsPackage } from '../../experiment/training/tfjs/packages.ts';
import { callInChild } from '../call-in-child.ts';
import type { TrainingProof } from '../engines/training-proof.ts';
import { type DeviceReport, type EngineReport, findPackage } from './device-report.ts';

const INSTALL = 'npx pipeline engines install tfjs-node';
const NATIVE: readonly TfjsPackage[] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Trains a step with the package that comes first; those in JavaScript alone need no such test. */
export async function inspectTfjs(workspace: string): Promise<EngineReport> {
  const packages = TFJS_PACKAGES.flatMap((name) => findPackage(workspace, name));
  const [chosen] = packages;
  const report = (...devices: DeviceReport[]): EngineReport => ({
    engine: 'tfjs',
    packages,
    devices,
  });
  if (chosen === undefined) {
    const detail = `none of ${TFJS_PACKAGES.join(', ')} is installed`;
    return report(missing('cpu', detail, INSTALL), withoutGpu());
  }
  if (!NATIVE.includes(chosen.name)) {
    const detail = 'in JavaScript alone, about a thousand times slower';
    return report({ ...working('cpu', detail), remedy: INSTALL }, withoutGpu());
  }
  const folder = join(workspace, 'node_modules', chosen.name);
  const proof = await callInChild<TrainingProof>('proveTraining', folder, { cwd: workspace });
  const isGpu = chosen.name === '@tensorflow/tfjs-node-gpu';
  if (!proof.ok) {
    const reinstall = `${INSTALL}${isGpu ? ' --gpu' : ''}`;
    return report(missing('cpu', proof.reason, reinstall), withoutGpu());
  }
  const detail = `TensorFlow ${proof.value.tensorflow}`;
  const cuda = proof.value.gpu ? working('cuda', detail) : withoutGpu(isGpu);
  return report(working('cpu', detail), cuda);
}

function working(device: string, detail: string): DeviceReport {
  return { device, works: true, detail, remedy: null };
}

function missing(device: string, detail: string, remedy: string): DeviceReport {
  return { device, works: false, detail, remedy };
}

function withoutGpu(isInstalled = false): DeviceReport {
  return isInstalled
    ? missing(
        'cuda',
        'TensorFlow finds no GPU',
        'it needs an NVIDIA driver, and the CUDA and cuDNN that this TensorFlow was built for',
      )
    : missing('cuda', '@tensorflow/tfjs-node-gpu is not installed', `${INSTALL} --gpu`);
}
