import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import type { GraphNode } from '../graph/types.ts';
import { isErrorCode, removeEmptyFolder, removePath } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import type { ActionOutput, ActionRecord, ActionStore } from './actions.ts';
import { listFolder, listOutputObjects, listRecords, statIfThere } from './inventory.ts';
import { splitBlocks } from './mutable-blocks.ts';
import { isInPlace } from './restore.ts';
import { foldersOf } from './stale.ts';

/** An output that stands in the workspace: whether it can go, and if not why. */
export interface StandingOutput {
  readonly node: string;
  /** From the workspace. */
  readonly path: string;
  readonly keep: null | 'not what the cache holds' | 'its mutable block is nowhere else';
}

/** Finds the outputs of nodes that stand in the workspace, and which of them the cache can restore. */
export function listStandingOutputs(
  nodes: readonly GraphNode[],
  layout: StateLayout,
  actions: ActionStore,
  files: FileMemo,
): StandingOutput[] {
  const cached = readCachedOutputs(layout, actions);
  return nodes.flatMap((node) =>
    node.outputs.flatMap(({ name, path }): StandingOutput[] => {
      const target = join(layout.workspace, path);
      if (statIfThere(target) === null) return [];
      const match = cached
        .get(outputKey(node.id, name))
        ?.find((output) => isInPlace(target, output, files));
      if (match === undefined) return [{ node: node.id, path, keep: 'not what the cache holds' }];
      const hasBlock =
        match.mutable !== undefined &&
        splitBlocks(readFileSync(target, 'utf8'), match.mutable).blocks !== '';
      return [{ node: node.id, path, keep: hasBlock ? 'its mutable block is nowhere else' : null }];
    }),
  );
}

/** Removes outputs from the workspace, and the folders that are empty then; links of the user's stay. */
export function removeOutputs(
  outputs: readonly Pick<StandingOutput, 'path'>[],
  workspace: string,
): void {
  for (const { path } of outputs) {
    removeThere(join(workspace, path));
    removeEmptyAbove(path, workspace);
  }
}

/** Removes the folders above a path, from the workspace, in which there is nothing any more. */
export function removeEmptyAbove(path: string, workspace: string): void {
  for (const folder of foldersOf(path)) removeEmptyFolder(join(workspace, folder));
}

/** Of a link, what it leads to; of a folder that a link leads to or that is a mount, what is in it. */
function removeThere(path: string): void {
  const real = realpathSync(path);
  const isLink = lstatSync(path).isSymbolicLink();
  try {
    if (!isLink || !statSync(real).isDirectory()) {
      removePath(real);
      return;
    }
  } catch (error) {
    if (!isErrorCode(error, 'EBUSY')) throw error;
  }
  for (const name of listFolder(real)) removePath(join(real, name));
}

/** All outputs that the cache can restore, by node and name. */
function readCachedOutputs(layout: StateLayout, actions: ActionStore): Map<string, ActionOutput[]> {
  const cached = new Map<string, ActionOutput[]>();
  for (const { name: fingerprint } of listRecords(layout)) {
    const { action } = actions.read(fingerprint);
    if (action === null || !isComplete(action, layout)) continue;
    for (const [name, output] of Object.entries(action.outputs)) {
      const key = outputKey(action.record.node, name);
      cached.set(key, [...(cached.get(key) ?? []), output]);
    }
  }
  return cached;
}

function isComplete(action: ActionRecord, layout: StateLayout): boolean {
  return listOutputObjects(action, layout).every(
    (digest) => statIfThere(layout.object(digest)) !== null,
  );
}

function outputKey(node: string, output: string): string {
  return `${node}\n${output}`;
}
