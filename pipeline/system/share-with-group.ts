/** A workspace that several users share: what one makes, the others may use. */

import { statSync } from 'node:fs';
import type { StateLayout } from './layout.ts';

/** The group may write, and what is made in the folder is the folder's group's. */
const SHARED = 0o2020;
/** A right to write without that to read is of no use. */
const GROUP = 0o070;

/**
 * Where a workspace is a group's (writable for it, with the setgid bit, as `chmod g+ws` makes it),
 * lets the group read and write whatever this process and its stages make from now on: files and folders that
 * one user makes are in the way of the next otherwise.
 */
export function shareWithGroup({ stateFolder, workspace }: StateLayout): void {
  const stats = statSync(stateFolder, { throwIfNoEntry: false }) ?? statSync(workspace);
  if ((stats.mode & SHARED) !== SHARED) return;
  const umask = process.umask();
  if ((umask & GROUP) !== 0) process.umask(umask & ~GROUP);
}
