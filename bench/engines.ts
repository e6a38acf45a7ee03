/** The engines that the benchmarks can measure. */

import { fail } from '../experiment/data/failure.ts';
import type { CreateEngine } from '../experiment/training/engine.ts';

/** Each loads only its own libraries, so that `rss_mb` counts no other's. */
const ENGINES: Readonly<Record<string, () => Promise<CreateEngine>>> = {
  onnx: async () => (await import('../experiment/training/onnx/create.ts')).createOnnxEngine,
  tfjs: async () => (await import('../experiment/training/tfjs/create.ts')).createTfjsEngine,
  webgpu: async () => (await import('../experiment/training/webgpu/create.ts')).createWebgpuEngine,
};

/** The names that {@link loadEngine} knows. */
export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/** What creates the engine of this name. Fails, listing the known ones, where there is none. */
export async function loadEngine(name: string): Promise<CreateEngine> {
  const load = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  return load === undefined
    ? fail(`--engine is "${name}"; expected one of ${ENGINE_NAMES.join(', ')}`)
    : load();
}
