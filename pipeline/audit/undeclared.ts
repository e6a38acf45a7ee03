import type { GraphNode } from '../graph/types.ts';
import type { Access, AccessKind } from './access.ts';

/** What says more of a path replaces what says less. */
const STRENGTH: Readonly<Record<AccessKind, number>> = { look: 0, list: 1, read: 2, write: 3 };
/** More files of one folder than this are told as the folder. */
const MOST_SIBLINGS = 5;

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
  const strongest = new Map<string, AccessKind>();
  for (const { kind, path } of accesses) {
    const key = `${kind === 'write' ? 'w' : 'r'} ${path}`;
    const other = strongest.get(key);
    if (other === undefined || STRENGTH[kind] > STRENGTH[other]) strongest.set(key, kind);
  }
  const gathered = [...strongest].map(([key, kind]) => ({ kind, path: key.slice(2) }));
  const folders = new Map<string, number>();
  for (const { kind, path } of gathered) {
    if (kind === 'write' || !path.includes('/')) continue;
    const folder = parentOf(path);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const whole = new Set(
    gathered.flatMap(({ kind, path }) => (kind === 'list' && path !== '.' ? [path] : [])),
  );
  for (const [folder, count] of folders) if (count > MOST_SIBLINGS) whole.add(folder);
  const isInWhole = ({ kind, path }: Access) =>
    kind !== 'write' && [...whole].some((folder) => path !== folder && isAtOrBelow(path, folder));
  const all: Access[] = [
    ...gathered.filter(({ kind, path }) => kind === 'write' || !whole.has(path)),
    ...[...whole].map((path): Access => ({ kind: 'list', path })),
  ];
  return all
    .filter((access) => !isInWhole(access))
    .sort((a, b) =>
      a.path < b.path ? -1 : a.path > b.path ? 1 : STRENGTH[a.kind] - STRENGTH[b.kind],
    );
}

/** Whether a path is another one or lies in it. */
export function isAtOrBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}/`);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
