/** The processors that onnxruntime can compute on, and what each needs. */

import { fail } from '../../data/failure.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { Runtime } from './runtime.ts';

/** Values of `engine.device`. */
export const DEVICES = ['cpu', 'cuda', 'webgpu'] as const;
export type Device = (typeof DEVICES)[number];

/**
 * Installs onnxruntime-node where `npm ci` in a clone has not. Its install script would fetch CUDA libraries
 * from outside the npm registry.
 */
export const INSTALL_ONNX = 'npm install --ignore-scripts onnxruntime-node@1.30.0';

/** How to get a device that is not there. */
export const REMEDIES: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  cuda:
    'it needs an NVIDIA GPU with CUDA 12 and cuDNN 9, and the files that ' +
    '"node node_modules/onnxruntime-node/script/install --onnxruntime-node-install=cuda12" downloads',
  webgpu:
    'it needs a GPU with a Vulkan driver and its loader ' +
    '(on Debian: apt install libvulkan1 mesa-vulkan-drivers), Metal, or Direct3D 12',
};

/** Computes one sum on a device. Fails, saying how to install it, where that does not work. */
export async function probeDevice(runtime: Runtime, device: Exclude<Device, 'cpu'>): Promise<void> {
  const reason = await findFault(runtime);
  if (reason === null) return;
  fail(`engine.device is "${device}", which does not work here (${reason}): ${REMEDIES[device]}`);
}

/** Why the runtime's device does not compute; null where it does. */
export async function findFault(runtime: Runtime): Promise<string | null> {
  const graph = new GraphBuilder();
  const input = graph.input('input', 'float32', [2]);
  graph.output('output', 'float32', [2], graph.node('Add', [input, input]));
  try {
    const session = await runtime.openSession(graph.build('test of a device'));
    const { output } = await session.run({ input: runtime.tensor(Float32Array.of(1, 2), [2]) });
    await session.release();
    const [first, second] = output?.data ?? [];
    return first === 2 && second === 4 ? null : `1 + 1 gave ${first}, 2 + 2 gave ${second}`;
  } catch (error) {
    return shorten(error instanceof Error ? error.message : String(error));
  }
}

/** Without the place in onnxruntime's sources, which says nothing to a user. */
function shorten(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^\/\S+:\d+ .* was false\. /, '').replace(/\.$/, '');
}
