/** Whether a device of onnxruntime computes here, tried with one sum. */

import { fail } from '../../data/failure.ts';
import { DEVICE_REMEDIES, type Device } from './devices.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { Runtime } from './runtime.ts';

/** Computes one sum on a device. Fails, saying how to install it, where that does not work. */
export async function probeDevice(runtime: Runtime, device: Exclude<Device, 'cpu'>): Promise<void> {
  const reason = await findFault(runtime);
  if (reason === null) return;
  fail(
    `engine.device is "${device}", which does not work here (${reason}): ${DEVICE_REMEDIES[device]}`,
  );
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
