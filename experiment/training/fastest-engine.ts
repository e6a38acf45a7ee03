/**
 * The engine `auto`: the fastest that works here, by a rule that gives the same each time. Which one it is
 * depends on the machine, and with it the last bits.
 */

import type { StageContext } from 'rederive/contract';
import { StageFailure } from '../data/failure.ts';
import type { CreateEngine } from './engine.ts';
import { createOnnxEngine } from './onnx/create.ts';
import { say } from './progress.ts';
import { type GpuDevice, openDevice } from './webgpu/device.ts';
import { type NamedEngine, nameAdapter } from './webgpu/named-engine.ts';

/** A stage with the engine `webgpu` where that finds a GPU, else with `onnx`; says which. */
export function chooseEngine(context: StageContext): NamedEngine {
  const named = nameAdapter(context);
  const create: CreateEngine = async (settings, options) => {
    const reason = await findFault();
    if (reason === null) {
      say(context.emit, 'engine.name=auto: webgpu');
      return named.create({ device: 'webgpu', layout: 'auto' }, options);
    }
    say(context.emit, `engine.name=auto: onnx, as ${reason}`);
    return createOnnxEngine(settings, options);
  };
  return { context: named.context, create };
}

/** Whether a device is faster than the processors of the machine. */
export function isFastest({ isProcessor }: Pick<GpuDevice, 'isProcessor'>): boolean {
  return !isProcessor;
}

/** Why no GPU computes here; null where one does. */
async function findFault(): Promise<string | null> {
  try {
    const device = await openDevice();
    return isFastest(device) ? null : `${device.name} is no GPU`;
  } catch (error) {
    if (error instanceof StageFailure) return error.message;
    throw error;
  }
}
