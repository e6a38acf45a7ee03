/** Paths of the graph: one as a path of the file system, on the hot way of every look, and where it lies. */

import { join } from 'node:path';

/**
 * A normalised path of the graph as one of the file system: an absolute one is what it says. The
 * ordinary ones are put together as they are: `join` takes longer than looking at the file.
 */
export function resolveIn(workspace: string, path: string): string {
  const first = path[0];
  if (first === '/') return path;
  return first === '.' ? join(workspace, path) : `${workspace}/${path}`;
}

/** Whether a path, or a folder that it lies in, is among some. */
export function isAtOrBelowAny(path: string, among: ReadonlySet<string>): boolean {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (among.has(at)) return true;
    if (!at.includes('/')) return false;
  }
}
