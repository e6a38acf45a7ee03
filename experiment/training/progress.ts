/** Tells how a training or a test pass is getting on. */

import type { StageEvent } from 'rederive/contract';
import { meansOf, type Tally } from './tally.ts';

export type Emit = (event: StageEvent) => void;

/** A bar over the batches of an epoch or of a test, with the means so far: `acc=0.562, loss=1.29`. */
export function reportBatches(
  emit: Emit,
  label: string,
  done: number,
  total: number,
  tally: Tally,
): void {
  const { loss, accuracy } = meansOf(tally);
  const fields = { acc: accuracy.toFixed(3), loss: loss.toFixed(2) };
  emit({ type: 'progress', label, unit: 'batch', done, total, fields });
}

/** The label of an epoch's bar: `012`. */
export function epochLabel(epoch: number): string {
  return String(epoch).padStart(3, '0');
}

/** A line for people. */
export function say(emit: Emit, text: string, level: 'info' | 'warning' = 'info'): void {
  emit({ type: 'message', text, level });
}
