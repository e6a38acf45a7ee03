/** Accesses of one attempt → those worth a word, put together. */

import type { GraphNode } from '../graph/types.ts';
import type { FolderRules } from '../ignore/ignore-rules.ts';
import type { Access, AccessKind } from './access.ts';

/** What says more of a path replaces what says less. */
const STRENGTH: Readonly<Record<AccessKind, number>> = {
  miss: -1,
  look: 0,
  list: 1,
  read: 2,
  write: 3,
};
/** More files of one folder than this are told as the folder. */
const MOST_SIBLINGS = 5;

/**
 * What of some accesses is worth a word: not what stands at paths that do not count in any input, and
 * not a look at what the workspace's own folder holds, which every `python train.py` begins with.
 *
 * @param rules of the workspace
 */
export function keepCounting(accesses: readonly Access[], rules: FolderRules): Access[] {
  return accesses.filter(({ kind, path }) => {
    if (path === '.') return kind !== 'list';
    return isOwnState(path) || !rules.covers(path);
  });
}

/** Whether a path is of our own state: that is no junk, so that who reads or writes there is told. */
export function isOwnState(path: string): boolean {
  return isAtOrBelow(path, '.pipeline');
}

/**
 * What a node declares no more or not yet, of what its result was seen to do: the declarations may
 * have changed since in a way that leaves the content, and so the result, as it was.
 */
export function keepUndeclared(node: GraphNode, seen: readonly Access[]): Access[] {
  const declared = node.inputs.flatMap(({ sources }) => sources.map(({ path }) => path));
  return seen.filter(
    ({ kind, path }) => kind === 'write' || !declared.some((one) => isAtOrBelow(path, one)),
  );
}

/** Puts together what belongs together: of a path the strongest access, of many files their folder. */
export function gatherAccesses(accesses: readonly Access[]): Access[] {
  const writes = keepStrongest(accesses.filter(({ kind }) => kind === 'write'));
  const reads = keepStrongest(accesses.filter(({ kind }) => kind !== 'write'));
  const folders = findWholeFolders(reads);
  const listed = [...folders].map((path): Access => ({ kind: 'list', path }));
  const single = reads.filter(({ path }) => !folders.has(path));
  return [
    ...dropInner([...single, ...listed], folders),
    // A folder that was made stands for what was put into it.
    ...dropInner(writes, new Set(writes.map(({ path }) => path))),
  ].sort((a, b) => compare(a.path, b.path) || STRENGTH[a.kind] - STRENGTH[b.kind]);
}

/** One access a path. */
function keepStrongest(accesses: readonly Access[]): Access[] {
  const strongest = new Map<string, Access>();
  for (const access of accesses) {
    const other = strongest.get(access.path);
    if (other === undefined || STRENGTH[access.kind] > STRENGTH[other.kind]) {
      strongest.set(access.path, access);
    }
  }
  return [...strongest.values()];
}

/** Folders that were listed, or of which much was read; never the workspace itself. */
function findWholeFolders(reads: readonly Access[]): ReadonlySet<string> {
  const whole = new Set<string>();
  const counts = new Map<string, number>();
  for (const { kind, path } of reads) {
    if (kind === 'list' && path !== '.') whole.add(path);
    const [folder] = foldersOf(path);
    if (folder === undefined) continue;
    const count = (counts.get(folder) ?? 0) + 1;
    counts.set(folder, count);
    if (count > MOST_SIBLINGS) whole.add(folder);
  }
  return whole;
}

function dropInner(accesses: readonly Access[], folders: ReadonlySet<string>): Access[] {
  return accesses.filter(({ path }) => !foldersOf(path).some((folder) => folders.has(folder)));
}

/** The folders of the workspace that a path lies in, the innermost first. */
function foldersOf(path: string): string[] {
  const steps = path.split('/');
  return steps.slice(1).map((_, i) => steps.slice(0, steps.length - 1 - i).join('/'));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a path is another one or lies in it. */
export function isAtOrBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}/`);
}
