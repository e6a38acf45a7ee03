/** Creates the engine `onnx` as the parameters under `engine` say. */

import { fail } from '../../data/failure.ts';
import type { Engine, EngineOptions, EngineSettings } from '../engine.ts';
import { chooseLayout, LAYOUTS } from './choose-layout.ts';
import { DEVICES, probeDevice } from './devices.ts';
import { openOnnxEngine } from './onnx-engine.ts';
import { loadRuntime } from './runtime.ts';

/** Fails where the device, or a layout asked for by name, does not exist here. */
export async function createOnnxEngine(
  { device: deviceName, layout: layoutName }: EngineSettings,
  options: EngineOptions,
): Promise<Engine> {
  const device = oneOf(DEVICES, deviceName, 'engine.device');
  const choice = oneOf(LAYOUTS, layoutName, 'engine.layout');
  const runtime = await loadRuntime({ threads: options.threads, device });
  if (device !== 'cpu') await probeDevice(runtime, device);
  const layout = await chooseLayout(options.model, { choice, device });
  return openOnnxEngine(options, layout, runtime);
}

function oneOf<T extends string>(known: readonly T[], value: string, parameter: string): T {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  return fail(
    `${parameter} is "${value}"; with the engine "onnx" it is one of ${known.join(', ')}`,
  );
}
