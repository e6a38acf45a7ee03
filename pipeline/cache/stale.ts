/** What runs put in the workspace and no stage makes any more. */

import { lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphNode } from '../graph/types.ts';
import { removeKnown } from './keep-aside.ts';
import type { Placement } from './placements.ts';
import { type KnownFile, lookAtStanding, type StandingTools } from './standing.ts';

/** Something that a run has put in the workspace and that no stage makes any more. */
export interface StaleOutput {
  /** From the workspace. */
  readonly path: string;
  /** Absolute, links followed. */
  readonly real: string;
  /** The files in it that are as they were put there and that the cache holds too. */
  readonly known: readonly KnownFile[];
}

/** The paths of outputs that nodes make now, and the folders that they are in. */
export interface CurrentOutputs {
  readonly paths: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
}

/** Gathers what nodes make now. */
export function listCurrent(nodes: Iterable<GraphNode>): CurrentOutputs {
  const paths = new Set<string>();
  const folders = new Set<string>();
  for (const { outputs } of nodes) {
    for (const { path } of outputs) {
      paths.add(path);
      for (const folder of foldersOf(path)) {
        if (folders.has(folder)) break;
        folders.add(folder);
      }
    }
  }
  return { paths, folders };
}

/** The paths of placements that are no output now, nor inside of one. */
export function listDropped(
  placements: readonly Placement[],
  { paths }: CurrentOutputs,
): readonly Placement[] {
  return placements.filter(
    ({ path }) => !paths.has(path) && !foldersOf(path).some((folder) => paths.has(folder)),
  );
}

/** Finds what of dropped placements stands still as it was put there. What has changed is the user's. */
export function findStale(
  dropped: readonly Placement[],
  { paths, folders }: CurrentOutputs,
  workspace: string,
  tools: StandingTools,
): StaleOutput[] {
  return dropped.flatMap(({ path, contents }): StaleOutput[] => {
    const at = join(workspace, path);
    if (lstatSync(at, { throwIfNoEntry: false }) === undefined) return [];
    let real: string;
    try {
      real = realpathSync(at);
    } catch {
      return [];
    }
    const own = contents.toReversed().map((content) => ({ content, path }));
    const known = lookAtStanding(real, path, own, [], tools)?.known ?? [];
    if (!folders.has(path)) return known.length === 0 ? [] : [{ path, real, known }];
    // Outputs of today are in there: the files beside them.
    return known
      .map((file) => ({
        path: join(path, file.name),
        real: join(real, file.name),
        stats: file.stats,
      }))
      .filter((file) => ![file.path, ...foldersOf(file.path)].some((one) => paths.has(one)))
      .map(({ stats, ...file }) => ({ ...file, known: [{ name: '', stats }] }));
  });
}

/** Removes what is stale, and nothing that was changed or added since. @returns whether all of it went */
export function removeStale({ real, known }: StaleOutput): boolean {
  return !removeKnown(real, known);
}

/** `a/b/c` → `a/b`, `a` */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    folders.push(path.slice(0, end));
  }
  return folders;
}
