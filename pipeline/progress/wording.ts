/** Sentences that several reporters share, so that all say it alike. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { RunEvent } from './events.ts';
import { cleanLine, cleanLines } from './text.ts';
import { countOf, formatDuration, formatScaled } from './units.ts';

/**
 * The line that every run ends with: `N executed, M cached, F failed in T s`, with
 * `, K skipped` after the failed ones where there are any.
 */
export function wordTotals(event: Extract<RunEvent, { readonly type: 'run-finished' }>): string {
  const skipped = event.skipped > 0 ? `, ${event.skipped} skipped` : '';
  const counts = `${event.executed} executed, ${event.cached} cached, ${event.failed} failed`;
  return `${counts}${skipped} in ${formatDuration(event.seconds)} s`;
}

/** What is said of an attempt that failed and is followed by another. */
export function wordRetry(event: Extract<RunEvent, { readonly type: 'node-retrying' }>): string {
  const { attempt, attempts, waitSeconds, message } = event;
  const [first = ''] = cleanLines(message);
  return `attempt ${attempt} of ${attempts} failed (${first}), trying again in ${formatDuration(waitSeconds)} s`;
}

/** How far transfers have come: `fetching 3 of 12 objects, 1.20MB of 30.0MB`; at the end what they were. */
export function wordTransfer(event: Omit<Transfer, 'type' | 'time'>): string {
  const { direction, done, of, bytes, ofBytes, isLast } = event;
  const size = (count: number) => `${formatScaled(Math.max(0, count))}B`;
  const [does, did] = direction === 'pull' ? ['fetching', 'fetched'] : ['sending', 'sent'];
  if (isLast) return `${did} ${countOf(done, 'object')}, ${size(bytes)}`;
  // Of some the size is known when they have come.
  const all = Math.max(bytes, ofBytes);
  return `${does} ${done} of ${countOf(of, 'object')}, ${size(bytes)} of ${size(all)}`;
}

type Transfer = Extract<RunEvent, { readonly type: 'transfer' }>;

type Skipped = Extract<RunEvent, { readonly type: 'node-skipped' }>;

/** How many edited files are named; more are counted. */
const namedFiles = 3;

/** What `watch` says: `pipeline.yaml changed`, or that it waits. */
export function wordWatch(event: Extract<RunEvent, { readonly type: 'watch' }>): string {
  if (event.state === 'waiting') return 'waiting for edits (Ctrl-C ends)';
  const named = event.changed.slice(0, namedFiles).map(cleanLine).join(', ');
  const more = event.changed.length - namedFiles;
  const files = more > 0 ? `${named} and ${more} more` : named;
  return `${files} changed${event.affected?.length === 0 ? ': no stage is affected' : ''}`;
}

/** A stage's final numbers as ` name=value name=value`, nested values left out. */
export function wordSummary(summary: JsonObject): string {
  return Object.entries(summary)
    .map(([name, value]) => [cleanLine(name), wordValue(value)] as const)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}=${value}`)
    .join('');
}

/** A value of a summary or of metrics in few characters; null for what has no short form. */
export function wordValue(value: Json): string | null {
  if (typeof value === 'string') return cleanLine(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return null;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** `waiting for a, which host:12 is running`. */
export function wordWaiting(event: Extract<RunEvent, { readonly type: 'node-waiting' }>): string {
  const who = `${cleanLine(event.host)}:${event.pid}`;
  const node = cleanLine(event.node);
  if (event.path === undefined) return `waiting for ${node}, which ${who} is running`;
  return `${node} waits until ${who} has read its own ${cleanLine(event.path)}: it runs with another profile or settings`;
}

/** What is said of a node whose stage ran when the run was stopped: ` after 12.3 s: …`. */
export function wordStopped(
  { because }: Pick<Skipped, 'because'>,
  { seconds, goesOn }: NonNullable<Skipped['stopped']>,
): string {
  const next = goesOn ? '; the next run goes on from what it kept' : '';
  return ` after ${formatDuration(seconds)} s: ${cleanLine(because)}${next}`;
}

/** What making a cached result again has shown. */
export function wordRecheck(event: Extract<RunEvent, { readonly type: 'node-rechecked' }>): string {
  if (event.differing.length === 0) return 'made again, equal to the cache';
  return `made again, differs from the cache in ${event.differing.map(cleanLine).join(', ')}`;
}
