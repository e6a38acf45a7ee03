/** Creates the engine `webgpu` as the parameters under `engine` say. */

import type { Engine, EngineSettings } from '../engine.ts';
import { oneOf } from '../one-of.ts';
import { openDevice } from './device.ts';
import type { WebgpuOptions } from './ready-plans.ts';
import { openWebgpuEngine } from './webgpu-engine.ts';

/** Values of `engine.device`: what the profiles say for every engine, and what it is. */
const DEVICES = ['cpu', 'webgpu'] as const;
/** Values of `engine.layout`: this engine has one. */
const LAYOUTS = ['auto', 'plain'] as const;

/** Fails where the package is not installed, or finds no GPU. */
export async function createWebgpuEngine(
  settings: EngineSettings,
  options: WebgpuOptions,
): Promise<Engine> {
  oneOf(DEVICES, settings.device, { parameter: 'engine.device', engine: 'webgpu' });
  oneOf(LAYOUTS, settings.layout, { parameter: 'engine.layout', engine: 'webgpu' });
  return openWebgpuEngine(options, await openDevice());
}
