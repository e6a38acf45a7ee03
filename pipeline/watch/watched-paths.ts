/** What a graph was made from → which paths on disk to look at. */

import { readlinkSync, statSync } from 'node:fs';
import { dirname, extname, resolve, sep } from 'node:path';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import { isSystemError } from '../system/errors.ts';

/** What a graph was made from, by absolute paths. */
export interface WatchedPaths {
  /** Files, whether they exist or not. Of folders, only that they exist. */
  readonly files: ReadonlySet<string>;
  /** Files and folders that count with what is in them. */
  readonly inputs: ReadonlySet<string>;
  /** What in folders does not count. */
  readonly ignored: IgnoreRules;
}

/** Decides which paths a watcher has to look at. */
export interface PathFilter {
  /** Folders to start from; each leads to some of the paths. */
  readonly roots: readonly string[];
  /** Whether a path counts, or leads to one that does. */
  readonly admits: (path: string) => boolean;
  /** Whether an event at a path is an edit. */
  readonly counts: (path: string) => boolean;
  /** Equal for filters that decide alike. */
  readonly key: string;
}

/**
 * The filter of some paths. Files are found through their folders, so that a file that is replaced
 * by renaming, removed and made again, or made for the first time is seen like any other edit.
 *
 * @param workspace absolute path of a folder that exists
 * @param foldsCase whether the disk takes capital and small letters for the same: it tells of a file by the
 *   letters that it was made with, whatever it is named by
 */
export function makePathFilter(
  workspace: string,
  paths: WatchedPaths,
  foldsCase = false,
): PathFilter {
  // A disk may write a character in another way than a name of it, too.
  const fold = (path: string) => {
    const formed = path.normalize('NFC');
    return foldsCase ? formed.toLowerCase() : formed;
  };
  const foldAll = (some: Iterable<string>) => new Set([...some].map(fold));
  const leading = new Set<string>();
  const roots = new Set([workspace]);
  const stems: string[] = [];
  const named = [...paths.files, ...paths.inputs];
  const files = new Set([...paths.files, ...named.flatMap(findMissingTarget)]);
  for (const path of [...files, ...paths.inputs]) {
    const outside = !path.startsWith(`${workspace}${sep}`);
    const root = outside ? nearestFolder(dirname(path)) : workspace;
    roots.add(root);
    for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) {
      leading.add(folder);
      if (folder === root) break;
    }
    // `./helper` and `./helper.js` may be meant for `helper.ts`, or for `helper/index.ts`.
    if (!exists(path)) stems.push(path.slice(0, path.length - extname(path).length));
  }
  // One inside another would be watched twice, and its files be told of as new.
  const outermost = [...roots].filter((root) => ![...roots].some((one) => isInside(root, one)));
  for (const root of roots) {
    const outer = outermost.find((one) => isInside(root, one));
    if (outer === undefined) continue;
    for (let folder = root; folder !== outer; folder = dirname(folder)) leading.add(folder);
    leading.add(outer);
  }
  const state = `${workspace}${sep}.pipeline`;
  const folded = {
    files: foldAll(files),
    inputs: new Map([...paths.inputs].map((path) => [fold(path), path])),
    leading: foldAll(leading),
    stems: stems.map(fold),
  };
  const counts = (path: string) => {
    if (path === state || isInside(path, state)) return false;
    const at = fold(path);
    if (folded.files.has(at) || folded.inputs.has(at)) return true;
    let outer = dirname(at);
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      const input = folded.inputs.get(outer);
      outer = dirname(outer);
      if (input === undefined) continue;
      if (!paths.ignored.below(input).covers(path.slice(folder.length + 1))) return true;
    }
    return folded.stems.some(
      (stem) => at.startsWith(`${stem}.`) || at.startsWith(`${stem}${sep}index.`),
    );
  };
  const admits = (path: string) => {
    const at = fold(path);
    return folded.leading.has(at) || counts(path) || folded.stems.includes(at);
  };
  const decisive = [outermost, files, paths.inputs, stems].map((some) => [...some].sort());
  const key = JSON.stringify([decisive, paths.ignored.key]);
  return { roots: outermost.sort(), admits, counts, key };
}

function isInside(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

function nearestFolder(folder: string): string {
  return exists(folder) ? folder : nearestFolder(dirname(folder));
}

/** What a link leads to where nothing is there yet. */
function findMissingTarget(path: string): string[] {
  if (exists(path)) return [];
  try {
    return [resolve(dirname(path), readlinkSync(path))];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [];
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
