/** `clean`: which outputs in the workspace can be made to come back, and removing those. */

import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import type { ContentId } from '../fingerprint/record.ts';
import type { GraphNode } from '../graph/types.ts';
import { readNames } from '../system/byte-names.ts';
import type { StateLayout } from '../system/layout.ts';
import { removeEmptyFolder } from '../system/remove-path.ts';
import { listOutputObjects, listRecords, statIfThere } from './inventory.ts';
import { removeEmptyFolders, removeKnown, removeKnownFiles } from './keep-aside.ts';
import { splitBlocks } from './mutable-blocks.ts';
import { isInPlace } from './restore.ts';
import type { ResultOutput, ResultRecord, ResultStore } from './results.ts';
import { foldersOf } from './stale.ts';
import { type KnownFile, lookAtStanding, type StandingTools } from './standing.ts';

/** An output that stands in the workspace: whether it can go, and if not why. */
export interface StandingOutput {
  readonly node: string;
  /** From the workspace. */
  readonly path: string;
  readonly keep: null | 'not what the cache holds' | 'its mutable block is nowhere else';
  /** What it is; null where the cache does not hold it. */
  readonly content: ContentId | null;
}

/** Finds the outputs of nodes that stand in the workspace, and which of them the cache can restore. */
export function listStandingOutputs(
  nodes: readonly GraphNode[],
  layout: StateLayout,
  results: ResultStore,
  files: FileMemo,
): StandingOutput[] {
  const cached = readCachedOutputs(layout, results);
  return nodes.flatMap((node) =>
    node.outputs.flatMap(({ name, path }): StandingOutput[] => {
      const target = join(layout.workspace, path);
      if (statIfThere(target) === null) return [];
      const match = cached
        .get(outputKey(node.id, name))
        ?.find((output) => isInPlace(target, output, files));
      if (match === undefined) {
        return [{ node: node.id, path, keep: 'not what the cache holds', content: null }];
      }
      const hasBlock =
        match.mutable !== undefined &&
        splitBlocks(readFileSync(target, 'utf8'), match.mutable).blocks !== '';
      const keep = hasBlock ? ('its mutable block is nowhere else' as const) : null;
      return [{ node: node.id, path, keep, content: `${match.kind}:${match.digest}` }];
    }),
  );
}

/**
 * Removes outputs from the workspace, and the folders that are empty then; links of the user's stay, and
 * so does what has come or changed since they were looked at.
 *
 * @returns the paths at which something is left
 */
export function removeOutputs(
  outputs: readonly StandingOutput[],
  workspace: string,
  tools: StandingTools,
): string[] {
  return outputs.flatMap(({ path, content }) => {
    if (content === null) return [];
    const at = join(workspace, path);
    const real = realpathSync(at);
    const standing = lookAtStanding(real, path, [{ content, path }], [], tools);
    if (standing === null) return [];
    if (lstatSync(at).isSymbolicLink()) removeInside(real, standing.known);
    else removeKnown(real, standing.known);
    removeEmptyAbove(path, workspace);
    return isEmpty(real) ? [] : [path];
  });
}

/** Removes what is known of a file or of what is in a folder, not the folder: a link leads there. */
function removeInside(real: string, known: readonly KnownFile[]): void {
  removeKnownFiles(real, known);
  if (!isFolder(real)) return;
  for (const name of readNames(real)) removeEmptyFolders(`${real}/${name}`);
}

/** Whether there is nothing, or a folder that cannot go itself, such as a mount. */
function isEmpty(path: string): boolean {
  if (isFolder(path)) return readNames(path).length === 0;
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Removes the folders above a path, from the workspace, in which there is nothing any more. */
export function removeEmptyAbove(path: string, workspace: string): void {
  for (const folder of foldersOf(path)) removeEmptyFolder(join(workspace, folder));
}

/** All outputs that the cache can restore, by node and name. */
function readCachedOutputs(layout: StateLayout, results: ResultStore): Map<string, ResultOutput[]> {
  const cached = new Map<string, ResultOutput[]>();
  for (const { name: fingerprint } of listRecords(layout)) {
    const { result } = results.read(fingerprint);
    if (result === null || !isComplete(result, layout)) continue;
    for (const [name, output] of Object.entries(result.outputs)) {
      const key = outputKey(result.record.node, name);
      cached.set(key, [...(cached.get(key) ?? []), output]);
    }
  }
  return cached;
}

function isComplete(result: ResultRecord, layout: StateLayout): boolean {
  return listOutputObjects(result, layout).every(
    (digest) => statIfThere(layout.object(digest)) !== null,
  );
}

function outputKey(node: string, output: string): string {
  return `${node}\n${output}`;
}
