/** Chooses the memory layout that models are trained in. */

import { fail } from '../../data/failure.ts';
import { blockedLayout } from './blocked/blocked-layout.ts';
import { findBlockedSupport } from './blocked/self-test.ts';
import type { Device } from './devices.ts';
import type { Layout } from './layout.ts';
import { PLAIN_LAYOUT } from './plain/plain-layout.ts';
import { loadRuntime } from './runtime.ts';

/** Values of `engine.layout`. */
export const LAYOUTS = ['auto', 'blocked', 'plain'] as const;
/** `auto`: blocked on the processor where the self-test passes, else plain. */
export type LayoutChoice = (typeof LAYOUTS)[number];

/** Fails where the blocked layout is asked for by name, but onnxruntime does not offer it here. */
export async function chooseLayout(choice: LayoutChoice, device: Device): Promise<Layout> {
  if (choice === 'plain' || (choice === 'auto' && device !== 'cpu')) return PLAIN_LAYOUT;
  if (device !== 'cpu') {
    return fail(`engine.layout is blocked, which only the device cpu computes in, not ${device}`);
  }
  const support = await findBlockedSupport(await loadRuntime({ threads: 1 }));
  if (support.block !== null) return blockedLayout(support.block);
  if (choice === 'auto') return PLAIN_LAYOUT;
  return fail(
    `engine.layout is blocked, but onnxruntime's blocked convolution does not work here: ` +
      `${support.reason}; set engine.layout to plain, or to auto`,
  );
}
