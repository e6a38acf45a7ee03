import { statSync } from 'node:fs';
import type { StateLayout } from './layout.ts';

/** The group may write, and what is made in the folder is the folder's group's. */
const SHARED = 0o2020;
const GROUP_WRITES = 0o020;

/**
 * Where a workspace is a group's (writable for it, with the setgid bit, as `chmod g+ws` makes it),
 * lets the group write whatever this process and its stages make from now on: files and folders that
 * one user makes are in the way of the next otherwise.
 */
export function shareWithGroup({ stateFolder, workspace }: StateLayout): void {
  const stats = statSync(stateFolder, { throwIfNoEntry: false }) ?? statSync(workspace);
  if ((stats.mode & SHARED) !== SHARED) return;
  const umask = process.umask();
  if ((umask & GROUP_WRITES) !== 0) process.umask(umask & ~GROUP_WRITES);
}
