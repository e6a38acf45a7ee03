/** How values of results are worded on the page. */

import type { NodeStanding } from '../report-details.ts';
import type { MadeFact } from '../volatile-facts.ts';

/** How a node stands, in words. */
export const STATE_WORDS: Readonly<Record<NodeStanding, string>> = {
  'up-to-date': 'up to date',
  cached: 'in the cache alone',
  run: 'not run',
  'depends-on-upstream': 'waits for others',
  unreadable: 'cannot be read',
};

/** `2026-11-24 23:47 UTC on host, 4.2 s`. */
export function describeMade(made: MadeFact): string {
  return `${formatMinute(made)} on ${made.host}, ${formatSeconds(made.seconds)}`;
}

/** `2026-11-24 23:47 UTC`. */
export function formatMinute({ at }: MadeFact): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `440 B`, `19.5 kB`, `3.7 MB`. */
export function wordBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `99.7%`. */
export function wordPercent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
