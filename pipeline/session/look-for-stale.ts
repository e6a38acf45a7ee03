/** After a run: what earlier ones left in the workspace and no stage makes any more. */

import { existsSync } from 'node:fs';
import { Placements } from '../cache/placements.ts';
import { findStale, listCurrent, listDropped } from '../cache/stale.ts';
import { keepIfPossible, readMemo, writeMemo } from '../system/memo-file.ts';
import type { Session } from './open-session.ts';

/**
 * Outputs that runs with this profile and these settings have put in the workspace, that stand there
 * unchanged and that no stage makes now: a command that lists a folder would read them.
 *
 * A graph without any is remembered, because a run without work looks at nothing else.
 *
 * @returns their paths from the workspace
 */
export function lookForStale(session: Session): readonly string[] {
  const { layout, context, graphId, graph, root, tools } = session;
  // What a pilot makes is its own, and which nodes it has depends on the targets.
  if (layout.root !== layout.stateFolder) return [];
  const memoPath = layout.memo(`stale-${context}`);
  const memo = readMemo(memoPath)?.content.toString();
  if (memo === graphId) return [];
  if (!existsSync(layout.placements)) return [];
  const current = listCurrent(graph.nodes.values());
  const dropped = listDropped(new Placements(layout, context).ofContext(), current);
  const stale = findStale(dropped, current, root, tools).map((output) => output.path);
  if (stale.length === 0) {
    keepIfPossible(() => writeMemo(memoPath, graphId, layout.temporary));
  }
  return stale;
}

/** How many outputs a message names. */
const MOST_NAMED = 3;

/** What is said of stale outputs; null where there are none. */
export function wordStale(paths: readonly string[]): string | null {
  if (paths.length === 0) return null;
  const named = paths.slice(0, MOST_NAMED).join(', ');
  const rest = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : '';
  const [were, them] = paths.length === 1 ? ['was', 'it'] : ['were', 'them'];
  return `${named}${rest} ${were} put there by an earlier run, and no stage makes ${them} now; pipeline clean --stale removes ${them}`;
}
