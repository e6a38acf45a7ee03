/** Notes of which results runs relied on: what `cache gc` goes by. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashBytes, isDigest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { listFolder } from './inventory.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Notes which results a run relied on, for collecting garbage: a file a day and set of results, so
 * that runs without work write nothing, and no record is touched.
 *
 * @returns the name of the note; null where there are none
 * @throws a system error where the disk does not take it
 */
export function noteUsage(
  fingerprints: readonly Fingerprint[],
  layout: StateLayout,
  now: number,
): string | null {
  if (fingerprints.length === 0) return null;
  const text = [...fingerprints].sort().join('\n');
  const day = new Date(now).toISOString().slice(0, 10);
  const name = `${day}-${hashBytes(text).slice(0, 16)}`;
  const path = join(layout.usageRoot, name);
  if (!existsSync(path)) writeFileAtomic(path, text, layout.temporary);
  return name;
}

/** The results of a note, by its name; none where it is gone. */
export function readNote(name: string, layout: StateLayout): readonly Fingerprint[] {
  try {
    const lines = readFileSync(join(layout.usageRoot, basename(name)), 'utf8').split('\n');
    return lines.filter(isDigest) as string[] as Fingerprint[];
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'EISDIR')) return [];
    throw error;
  }
}

/** When each result was last relied on, to a day and not after now, in milliseconds since the epoch. */
export function readUsage(layout: StateLayout, now: number): Map<Fingerprint, number> {
  const usage = new Map<Fingerprint, number>();
  for (const name of listFolder(layout.usageRoot).sort()) {
    const dayStart = Date.parse(name.slice(0, 10));
    if (Number.isNaN(dayStart)) continue;
    const time = Math.min(dayStart + DAY_MS, now);
    for (const line of readFileSync(join(layout.usageRoot, name), 'utf8').split('\n')) {
      if (isDigest(line)) usage.set(line as string as Fingerprint, time);
    }
  }
  return usage;
}
