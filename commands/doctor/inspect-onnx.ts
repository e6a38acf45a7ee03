/** The engine `onnx`: on which devices it computes here. */

import {
  DEVICE_REMEDIES,
  DEVICES,
  type Device,
  INSTALL_ONNX,
} from '../../experiment/training/onnx/devices.ts';
import { type CallResult, callInChild } from '../call-in-child.ts';
import { type DeviceReport, type EngineReport, findPackage } from './device-report.ts';
import type { OnnxProbe } from './probe-onnx.ts';

/** Tries every device, each in a process of its own. */
export async function inspectOnnx(workspace: string): Promise<EngineReport> {
  const devices = DEVICES.map(async (device) =>
    describe(device, await callInChild<OnnxProbe>('probeOnnx', device, { cwd: workspace })),
  );
  return {
    engine: 'onnx',
    packages: findPackage(workspace, 'onnxruntime-node'),
    devices: await Promise.all(devices),
  };
}

function describe(device: Device, result: CallResult<OnnxProbe>): DeviceReport {
  const fault = result.ok ? result.value.fault : result.reason;
  const remedy = device === 'cpu' ? INSTALL_ONNX : DEVICE_REMEDIES[device];
  if (!result.ok || fault !== null) {
    return { device, works: false, detail: fault ?? '', remedy };
  }
  const { block, plainReason, speed } = result.value;
  const layout =
    block === null ? `plain layout: ${plainReason}` : `blocked layout, ${block} channels a block`;
  return { device, works: true, detail: speed === null ? layout : wordSpeed(speed), remedy: null };
}

function wordSpeed(speed: number): string {
  const times = (ratio: number) => (ratio < 9.5 ? ratio.toFixed(1) : String(Math.round(ratio)));
  return speed < 1
    ? `${times(1 / speed)} times slower than one CPU, so probably in software: use cpu`
    : `multiplies matrices ${times(speed)} times as fast as one CPU`;
}
