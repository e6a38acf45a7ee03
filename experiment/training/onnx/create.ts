/** Creates the engine `onnx` as the parameters under `engine` say. */

import type { Engine, EngineOptions, EngineSettings } from '../engine.ts';
import { oneOf } from '../one-of.ts';
import { chooseLayout, LAYOUTS } from './choose-layout.ts';
import { DEVICES } from './devices.ts';
import { openOnnxEngine } from './onnx-engine.ts';
import { probeDevice } from './probe-device.ts';
import { loadRuntime } from './runtime.ts';

/** Fails where the device, or a layout asked for by name, does not exist here. */
export async function createOnnxEngine(
  { device: deviceName, layout: layoutName }: EngineSettings,
  options: EngineOptions,
): Promise<Engine> {
  const device = oneOf(DEVICES, deviceName, { parameter: 'engine.device', engine: 'onnx' });
  const choice = oneOf(LAYOUTS, layoutName, { parameter: 'engine.layout', engine: 'onnx' });
  const runtime = await loadRuntime({ threads: options.threads, device });
  if (device !== 'cpu') await probeDevice(runtime, device);
  const layout = await chooseLayout(choice, device);
  return openOnnxEngine(options, layout, runtime);
}
