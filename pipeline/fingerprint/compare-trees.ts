/** Two lists of a folder's files → what differs. */

import { isDeepStrictEqual } from 'node:util';
import { showName } from '../system/byte-names.ts';
import type { TreeFile, TreeManifest } from './tree-manifest.ts';

/** What became of something between two runs. */
export type Change = 'changed' | 'added' | 'removed';

/** A file of a folder that is not the same any more, with its sizes in bytes; so also a link, an empty folder. */
export interface FileChange {
  readonly path: string;
  readonly change: Change;
  readonly before: number | null;
  readonly after: number | null;
  /** What it is or was, where that is more than its bytes: `made executable`, `link to a → link to b`. */
  readonly detail?: string;
}

/** The files, links and empty folders in which two folders differ. */
export function compareTrees(before: TreeManifest, after: TreeManifest): FileChange[] {
  const paths = new Set([before, after].flatMap((tree) => [...listPaths(tree)]));
  return [...paths].sort().flatMap((path): FileChange[] => {
    const old = findEntry(before, path);
    const now = findEntry(after, path);
    if (isDeepStrictEqual(old, now)) return [];
    const change = old === null ? 'added' : now === null ? 'removed' : 'changed';
    const detail = wordDetail(old, now);
    return [
      {
        path,
        change,
        before: old?.file?.size ?? null,
        after: now?.file?.size ?? null,
        ...(detail === null ? {} : { detail }),
      },
    ];
  });
}

/** What stands at a path of a folder; a link by what is written in it. */
interface TreeEntry {
  readonly file?: TreeFile;
  readonly link?: string;
}

function findEntry({ files, links, folders }: TreeManifest, path: string): TreeEntry | null {
  const file = files.get(path);
  if (file !== undefined) return { file };
  const link = links.get(path);
  if (link !== undefined) return { link };
  return folders.has(path) ? {} : null;
}

function* listPaths({ files, links, folders }: TreeManifest): Iterable<string> {
  yield* files.keys();
  yield* links.keys();
  yield* folders;
}

function wordDetail(old: TreeEntry | null, now: TreeEntry | null): string | null {
  if (old?.file !== undefined && now?.file !== undefined) {
    return old.file.executable === now.file.executable ? null : wordExecutable(now.file.executable);
  }
  const sides = [old, now].filter((entry) => entry !== null);
  if (sides.every(({ file }) => file !== undefined)) return null;
  return sides.map(wordEntry).join(' → ');
}

function wordEntry({ file, link }: TreeEntry): string {
  if (file !== undefined) return 'file';
  return link === undefined ? 'empty folder' : `link to ${showName(link)}`;
}

/** What became of a file whose owner may execute it now, or may not any more. */
export function wordExecutable(executable: boolean): string {
  return executable ? 'made executable' : 'not executable any more';
}
