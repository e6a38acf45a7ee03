/** Numbers and states as the live page words them. */

import { formatInterval } from '../../progress/units.ts';
import type { NodeView, ViewState } from '../run-view.ts';

/** All states, the most urgent first, with their words. */
export const VIEW_WORDS: Readonly<Record<ViewState, string>> = {
  failed: 'failed',
  running: 'running',
  retrying: 'to be tried again',
  waiting: 'waits for another run',
  skipped: 'skipped',
  executed: 'done',
  cached: 'cached',
};

/** The states in that order. */
export const STATE_ORDER = Object.keys(VIEW_WORDS) as readonly ViewState[];

/** `310 MB`, `1.2 GB`. */
export function tellBytes(bytes: number): string {
  return bytes < 0.9995e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A number with four digits. */
export function wordNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}

/** How long a node has run, or ran. */
export function wordDuration(node: NodeView, now: number): string {
  if (node.startedAt === undefined) return '';
  const until = node.state === 'running' ? now : node.endedAt;
  return until === undefined ? '' : formatInterval(Math.max(0, until - node.startedAt) / 1000);
}

/** How far a running node is, 0 to 1, by its own word, else by what it was expected to take; null where nothing tells. */
export function shareOf(node: NodeView, now: number): number | null {
  if (node.fraction !== undefined) return node.fraction;
  if (node.expectedSeconds === undefined || node.startedAt === undefined) return null;
  return Math.min(0.99, (now - node.startedAt) / 1000 / node.expectedSeconds);
}
