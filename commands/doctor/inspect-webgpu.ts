/** The engine `webgpu`: whether its package is there and finds a GPU. */

import { GPU_REMEDY } from '../../experiment/training/webgpu/device.ts';
import { INSTALL_WEBGPU } from '../../experiment/training/webgpu/load.ts';
import { megabytes } from '../../experiment/training/webgpu/needs.ts';
import { callInChild } from '../call-in-child.ts';
import { type DeviceReport, type EngineReport, findPackage } from './device-report.ts';
import type { WebgpuProbe } from './probe-webgpu.ts';

/** Opens the GPU, in a process of its own. */
export async function inspectWebgpu(workspace: string): Promise<EngineReport> {
  const packages = findPackage(workspace, 'webgpu');
  return {
    engine: 'webgpu',
    packages,
    devices: [await inspectGpu(workspace, packages.length > 0)],
  };
}

async function inspectGpu(workspace: string, isInstalled: boolean): Promise<DeviceReport> {
  const device = 'gpu';
  if (!isInstalled) {
    return { device, works: false, detail: 'webgpu is not installed', remedy: INSTALL_WEBGPU };
  }
  const probe = await callInChild<WebgpuProbe>('probeWebgpu', '', { cwd: workspace });
  return probe.ok
    ? { device, works: true, detail: describe(probe.value), remedy: null }
    : { device, works: false, detail: probe.reason, remedy: GPU_REMEDY };
}

function describe(probe: WebgpuProbe): string {
  const { name, isProcessor, adapters, pieceBytes, memoryBytes } = probe;
  const what = isProcessor ? `${name}: no GPU but a processor, so use engine.name=onnx` : name;
  const memory = memoryBytes === null ? '' : `; ${megabytes(memoryBytes)} of memory`;
  const all = adapters.length > 1 ? `; of ${adapters.length}: ${adapters.join(', ')}` : '';
  return `${what}${memory}; at most ${megabytes(pieceBytes)} in a piece${all}`;
}
