/** `cache gc`, looking: all that the cache holds, what is in use, and what old runs left over. */

import { join } from 'node:path';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import { CODE_MEMO } from '../fingerprint/code-rows.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { StateLayout } from '../system/layout.ts';
import { readMemo } from '../system/memo-file.ts';
import { isUnfinished } from '../system/move-path.ts';
import type { StoredResult } from './choose-garbage.ts';
import {
  listAboutObjects,
  listFolder,
  listOutputObjects,
  listRecords,
  listSourceObjects,
  statIfThere,
} from './inventory.ts';
import { hashDeclared } from './read-sets.ts';
import type { ResultStore } from './results.ts';

/** Reads every sound record with the objects it refers to. Damaged ones are for `repair`. */
export function readStoredResults(layout: StateLayout, results: ResultStore): StoredResult[] {
  return listRecords(layout).flatMap((file) => {
    const { result } = results.read(file.name);
    if (result === null) return [];
    const { code, inputs } = result.record;
    // Lists of files of folders, which `why` compares.
    const folders = Object.values(inputs)
      .flat()
      .flatMap(({ content }) => (content.startsWith('tree:') ? [content.slice(5)] : []));
    const objects = [
      ...listOutputObjects(result, layout),
      ...listAboutObjects(result, layout),
      ...(code === null ? [] : [code]),
      ...folders.filter(isDigest),
    ];
    const { node, found } = result.record;
    const declared = found === undefined ? null : hashDeclared(result.record);
    return [{ ...file, node, declared, objects }];
  });
}

/** The objects of the code that the memo vouches for, which a run takes to be there. */
export function readCodeRoots(layout: StateLayout): Set<Digest> {
  const digests = readCodeDigests(layout);
  return new Set(digests.filter(isDigest).flatMap((digest) => listSourceObjects(digest, layout)));
}

/** Something beside the cache that is no longer of use. */
export interface Leftover {
  readonly what:
    | 'run'
    | 'bundle'
    | 'memo'
    | 'scratch'
    | 'readings'
    | 'temporary'
    | 'failed attempt'
    | 'quarantine'
    | 'note'
    | 'pilot'
    | 'build';
  readonly path: string;
}

/** What {@link listLeftovers} must know. Times are milliseconds since the epoch. */
export interface LeftoverPolicy {
  readonly usedSince: number;
  readonly freshSince: number;
  /** Whether a process is at some work now. */
  readonly isAtWork: (fingerprint: Fingerprint) => boolean;
  /** Names of folders of readings by which results or nodes are found. */
  readonly readings: ReadonlySet<string>;
  /** Whether the owner of a temporary folder may be alive. */
  readonly isOwned: (name: string) => boolean;
  /** Where the program's compiled versions are, and which one this is; null where none is kept. */
  readonly builds: { readonly folder: string; readonly current: string } | null;
}

/** Finds what old runs, dead processes, finished work and earlier versions left behind. */
export function listLeftovers(layout: StateLayout, policy: LeftoverPolicy): Leftover[] {
  const { usedSince, freshSince, builds } = policy;
  const oldest = Math.min(usedSince, freshSince);
  const isOlder = (path: string, than: number) => (statIfThere(path)?.mtimeMs ?? than) < than;
  const find = (
    what: Leftover['what'],
    folder: string,
    isOld: (name: string, path: string) => boolean,
  ): Leftover[] =>
    listFolder(folder)
      .filter((name) => isOld(name, join(folder, name)))
      .map((name) => ({ what, path: join(folder, name) }));
  const bundles = new Set(readCodeDigests(layout));
  const isDone = (name: string) => statIfThere(layout.result(name)) !== null;
  return [
    ...find('run', layout.runRoot, (_, path) => isOlder(path, oldest)),
    ...find(
      'bundle',
      layout.codeRoot,
      (name, path) =>
        // Links to packages, which all bundles share.
        name !== 'node_modules' && !bundles.has(name.split('.')[0] ?? '') && isOlder(path, oldest),
    ),
    // One that lives on is written again now and then; losing it costs time only.
    ...find('memo', layout.memoRoot, (_, path) => isOlder(path, oldest)),
    ...find(
      'scratch',
      layout.scratchRoot,
      (name, path) =>
        !policy.isAtWork(name as Fingerprint) && (isDone(name) || isOlder(path, oldest)),
    ),
    ...listFolder(layout.readSetRoot).flatMap((shard) =>
      find(
        'readings',
        join(layout.readSetRoot, shard),
        (name, path) => !policy.readings.has(name) && isOlder(path, freshSince),
      ),
    ),
    ...find('temporary', layout.temporaryRoot, (name) => !policy.isOwned(name)),
    ...find('failed attempt', layout.failedRoot, () => true),
    ...listUnfinished(layout, freshSince).map((path) => ({ what: 'temporary' as const, path })),
    ...find('quarantine', layout.quarantine, (_, path) => isOlder(path, oldest)),
    ...find('note', layout.usageRoot, (_, path) => isOlder(path, oldest)),
    // Its results are tried values, of no use to another pilot of other values.
    ...(isOlder(layout.pilot.runRoot, oldest)
      ? [{ what: 'pilot' as const, path: layout.pilot.root }]
      : []),
    ...(builds === null
      ? []
      : find(
          'build',
          builds.folder,
          (name, path) => name !== builds.current && isOlder(path, oldest),
        )),
  ];
}

/** The digests in the memo of code, of whatever. */
function readCodeDigests(layout: StateLayout): string[] {
  const memo = readMemo(layout.memo(CODE_MEMO));
  return memo?.content.toString().match(/[0-9a-f]{64}/g) ?? [];
}

/** What a process that was killed was about to put into the cache, from another disk or out of it. */
function listUnfinished(layout: StateLayout, freshSince: number): string[] {
  const { objectRoot, resultRoot, memoRoot, codeRoot, histories, quarantine } = layout;
  const shards = [objectRoot, resultRoot].flatMap((root) =>
    listFolder(root).map((name) => join(root, name)),
  );
  return [...shards, memoRoot, codeRoot, histories, quarantine].flatMap((folder) =>
    listFolder(folder)
      .filter(isUnfinished)
      .map((name) => join(folder, name))
      // Copies have the times of what they were made from.
      .filter((path) => (statIfThere(path)?.ctimeMs ?? freshSince) < freshSince),
  );
}
