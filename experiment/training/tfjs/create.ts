/** Creates the engine `tfjs` as the parameters under `engine` say. */

import type { Engine, EngineOptions, EngineSettings } from '../engine.ts';
import { oneOf } from '../one-of.ts';
import { loadTensorFlow } from './load.ts';
import { TFJS_DEVICES } from './packages.ts';
import { openTfjsEngine } from './tfjs-engine.ts';

/** Values of `engine.layout`: TensorFlow arranges memory as it sees fit. */
const LAYOUTS = ['auto', 'plain'] as const;

/** Fails where no package of TensorFlow.js is installed, or none that computes on the device. */
export async function createTfjsEngine(
  settings: EngineSettings,
  options: EngineOptions,
): Promise<Engine> {
  const device = oneOf(TFJS_DEVICES, settings.device, {
    parameter: 'engine.device',
    engine: 'tfjs',
  });
  oneOf(LAYOUTS, settings.layout, { parameter: 'engine.layout', engine: 'tfjs' });
  return openTfjsEngine(options, await loadTensorFlow(device));
}
