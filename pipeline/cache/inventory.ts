/** Listing the cache: objects, records, and what belongs to a result. */

import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import type { ResultRecord } from './results.ts';

/** A file of the cache with its size and when it was last written or touched. */
export interface StoredFile<Name extends string> {
  readonly name: Name;
  readonly size: number;
  readonly touchedAt: number;
}

/**
 * The names in a folder; none where it does not exist.
 *
 * @throws a system error where it may not be read
 */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** What is at a path; null where nothing is any more. */
export function statIfThere(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Every object of the store. */
export function listObjects(layout: StateLayout): StoredFile<Digest>[] {
  return listFolder(layout.objectRoot).flatMap((prefix) =>
    listFolder(join(layout.objectRoot, prefix)).flatMap((rest) => {
      const digest = prefix + rest;
      return isDigest(digest) ? describe(digest, layout.object(digest)) : [];
    }),
  );
}

/** Every record, damaged or not. */
export function listRecords(layout: StateLayout): StoredFile<Fingerprint>[] {
  return listFolder(layout.resultRoot).flatMap((prefix) =>
    listFolder(join(layout.resultRoot, prefix)).flatMap((file) => {
      const fingerprint = file.replace(/\.json$/, '');
      const isRecord = file.endsWith('.json') && isDigest(fingerprint);
      return isRecord
        ? describe(fingerprint as string as Fingerprint, layout.result(fingerprint))
        : [];
    }),
  );
}

/** The objects that restoring a result takes: without one of them it is lost. */
export function listOutputObjects(result: ResultRecord, layout: StateLayout): Digest[] {
  return Object.values(result.outputs).flatMap(({ kind, digest }) =>
    kind === 'tree' ? [digest, ...listTreeObjects(digest, layout)] : [digest],
  );
}

/** The objects that tell about a result: what the stage printed, the code as it stood. */
export function listAboutObjects(result: ResultRecord, layout: StateLayout): Digest[] {
  return [
    ...(result.log === null ? [] : [result.log]),
    ...(result.sources === null ? [] : listSourceObjects(result.sources, layout)),
  ];
}

/** A manifest of source texts, and those. */
export function listSourceObjects(manifest: Digest, layout: StateLayout): Digest[] {
  const { sources = {} } = readJson<{ sources?: Record<string, Digest> }>(layout.object(manifest));
  return [manifest, ...Object.values(sources).filter(isDigest)];
}

function listTreeObjects(manifest: Digest, layout: StateLayout): Digest[] {
  const { files = {} } = readJson<{ files?: Record<string, { digest: Digest }> }>(
    layout.object(manifest),
  );
  return Object.values(files).map(({ digest }) => digest);
}

/** A JSON object; an empty one where it cannot be read, which verifying reports. */
function readJson<T extends object>(path: string): Partial<T> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as T) : {};
  } catch (error) {
    if (error instanceof SyntaxError || isErrorCode(error, 'ENOENT')) return {};
    throw error;
  }
}

function describe<Name extends string>(name: Name, path: string): StoredFile<Name>[] {
  const stats = statIfThere(path);
  return stats === null ? [] : [{ name, size: stats.size, touchedAt: stats.mtimeMs }];
}
