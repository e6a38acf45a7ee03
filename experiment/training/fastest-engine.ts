/**
 * The engine `auto`: the fastest that works on a machine, by a rule that gives the same each time. Which one it
 * is depends on the machine, and with it the last bits; so the fingerprint decides it for a stage, wherever that runs.
 */

import { hostname } from 'node:os';
import type { StageContext } from 'rederive/contract';
import { fail, StageFailure } from '../data/failure.ts';
import type { CreateEngine } from './engine.ts';
import { createOnnxEngine } from './onnx/create.ts';
import { say } from './progress.ts';
import { type GpuDevice, openDevice } from './webgpu/device.ts';
import { type NamedEngine, nameAdapter } from './webgpu/named-engine.ts';
import { NO_ADAPTER } from './webgpu/no-adapter.ts';

/**
 * A stage with the engine `webgpu` where its fingerprint names a GPU, and with `onnx` where that says that
 * there is none: what the result is filed under is what makes it. Outside of a stage, by what is found here.
 * Says which. The engine fails to open where the GPU of the fingerprint is not the one that is here.
 */
export function chooseEngine(context: StageContext): NamedEngine {
  const named = nameAdapter(context);
  const asked = context.machine?.['adapter'];
  const create: CreateEngine = async (settings, options) => {
    const reason = asked === undefined ? await findFault() : await followFact(asked);
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

/**
 * Why `onnx` computes by what a fingerprint says; null where a GPU does.
 *
 * @throws StageFailure where that GPU is not the one that is here: on a cluster, or after a driver was replaced
 */
async function followFact(asked: string): Promise<string | null> {
  if (asked === NO_ADAPTER) return 'the result is filed under no GPU';
  const { name, fault } = await findDevice();
  if (name === asked) return null;
  return fail(
    `engine.name=auto: the result is filed under the GPU "${asked}", which is not what computes here on ${hostname()}: ` +
      `${fault ?? `that is "${name}"`}. Run it where that GPU is (on a cluster, ask for one: --slurm=--gres=gpu:1), ` +
      'or take --set engine.name=onnx',
  );
}

/** Why no GPU computes here; null where one does. */
async function findFault(): Promise<string | null> {
  return (await findDevice()).fault;
}

/** The GPU that is here, and why it is none that computes; null where it is one. */
async function findDevice(): Promise<{
  readonly name: string | null;
  readonly fault: string | null;
}> {
  try {
    const device = await openDevice();
    return { name: device.name, fault: isFastest(device) ? null : `${device.name} is no GPU` };
  } catch (error) {
    if (error instanceof StageFailure) return { name: null, fault: error.message };
    throw error;
  }
}
