/** The graph that a past run, or one that goes on, was about: as `pipeline.yaml` stands today. */

import { existsSync } from 'node:fs';
import { FileClock } from '../fingerprint/file-clock.ts';
import { FileMemo } from '../fingerprint/file-memo.ts';
import { selectPilot } from '../graph/pilot.ts';
import { selectTargets } from '../graph/select.ts';
import type { GraphNode } from '../graph/types.ts';
import type { RunAccount } from '../history/account.ts';
import { INGREDIENTS } from '../inspect/ingredients.ts';
import type { StateLayout } from '../system/layout.ts';
import { findGraph } from './find-graph.ts';
import { PIPELINE_FILE, readPipelineFile } from './find-workspace.ts';
import { UserMistakes } from './mistakes.ts';
import { splitSettings } from './split-settings.ts';

/**
 * The nodes that a run selects, in topological order; null where `pipeline.yaml`, which may have been edited since,
 * does not tell.
 *
 * @param usualProfile the one of a command that names none
 * @throws Error where the system refuses to read what decides the graph
 */
export async function findRunGraph(
  { profile, settings, exploration, targets, isPilot }: RunAccount,
  layout: StateLayout,
  usualProfile: string | null,
): Promise<readonly GraphNode[] | null> {
  const key = {
    file: PIPELINE_FILE,
    // As the run named it, so that what it remembered is found.
    profile: profile === null || profile === usualProfile ? undefined : profile,
    settings: splitSettings(settings ?? []).settings,
    isPilot,
    exploration: exploration ?? undefined,
    ingredients: INGREDIENTS,
  };
  try {
    const text = readPipelineFile(layout.workspace);
    const files = new FileMemo(layout.memo('files'), new FileClock(Date.now, null));
    const keeps = () => existsSync(layout.stateFolder);
    const found = await findGraph({ ...key, text }, layout, files, new Map(), keeps, () => {});
    if (!found.ok) return null;
    const { graph } = found.value;
    const select = isPilot ? selectPilot : selectTargets;
    const { nodes, diagnostics } = select(graph, targets ?? []);
    return diagnostics.length > 0 ? null : nodes;
  } catch (error) {
    if (error instanceof UserMistakes) return null;
    throw error;
  }
}
