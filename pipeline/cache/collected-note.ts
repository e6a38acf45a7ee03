/**
 * What was collected of an attempt that outlives its run, such as a job of a cluster: its files are moved into
 * the store before the record is published, and a run that is killed between leaves neither whole.
 */

import { existsSync, readFileSync } from 'node:fs';
import type { Json } from '../contract/values.ts';
import { hashFile } from '../fingerprint/read-content.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { CollectResult } from './collect-outputs.ts';
import type { ObjectStore } from './objects.ts';

type Collected = Extract<CollectResult, { readonly ok: true }>;

/**
 * Notes durably what was collected, before any of it is moved.
 *
 * @throws a system error where the disk does not take it
 */
export function noteCollected(path: string, { outputs, files }: Collected, aside: string): void {
  writeFileAtomic(path, `${JSON.stringify({ outputs, files })}\n`, aside);
}

/**
 * What an earlier run has collected, its files as far as the store does not have them.
 *
 * @returns null where nothing was noted; a fault where some of it is neither in its place nor in the store
 */
export function findCollected(path: string, objects: ObjectStore): CollectResult | null {
  const noted = readNote(path);
  if (noted === null) return null;
  const { outputs } = noted;
  const names = Object.keys(outputs);
  const missing: CollectResult = {
    ok: false,
    fault: { kind: 'not-written', outputs: names },
    retryable: true,
  };
  const files = noted.files.filter(
    ({ path, digest }) => existsSync(path) && hashFile(path) === digest,
  );
  // Of files with the same bytes the store removes all but one before it has that one.
  const held = new Set(files.map(({ digest }) => digest));
  const stored = noted.files.filter(({ digest }) => !held.has(digest));
  for (const { digest } of stored) {
    if (objects.verify(digest) !== 'sound' || !objects.touch(digest)) return missing;
  }
  // Texts of folders and of files with mutable keys were kept before the note was written.
  const moved = new Set(noted.files.map(({ digest }) => digest));
  const kept = Object.values(outputs).filter(({ digest }) => !moved.has(digest));
  return kept.every(({ digest }) => objects.touch(digest)) ? { ok: true, outputs, files } : missing;
}

function readNote(path: string): Collected | null {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as Json;
    const isSound = isJsonObject(note) && isJsonObject(note['outputs'] ?? null);
    return isSound && Array.isArray(note['files']) ? (note as unknown as Collected) : null;
  } catch (error) {
    if (error instanceof SyntaxError || isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}
