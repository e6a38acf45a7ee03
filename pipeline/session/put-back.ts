/** Puts outputs that are in the cache alone back in their places, for commands that read them. */

import { Placements } from '../cache/placements.ts';
import { planNodes } from '../inspect/plan.ts';
import { openLeases } from '../lease/open-leases.ts';
import { describeRestoreFailure } from '../scheduler/describe-failure.ts';
import { OutputRestorer } from '../scheduler/restore-outputs.ts';
import { WatchedLeases } from '../scheduler/watched-leases.ts';
import { makeRunId } from '../system/run-id.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { withSession } from './with-session.ts';

/** What became of results that were in the cache alone. */
export interface PutBack {
  /** What stood in their places and was kept aside, a line each. */
  readonly warnings: readonly string[];
  /** What kept some from their places, a line each. */
  readonly faults: readonly string[];
}

/**
 * Puts the outputs of targets and of all upstream that are in the cache alone back in their places. Runs
 * nothing, and loses nothing that stands there.
 *
 * @throws {UserMistakes} with what is wrong in `pipeline.yaml` or the arguments
 */
export function putBack(targets: readonly string[], options: WorkspaceOptions): Promise<PutBack> {
  const how = { writer: 'put outputs back' };
  return withSession(options, targets, how, async (session) => {
    const { graph, nodes, layout, tools, history, context, recall } = session;
    const leases = new WatchedLeases(openLeases(layout, tools.environment));
    const warnings: string[] = [];
    const faults: string[] = [];
    const placements = new Placements(layout, context);
    const restorer = new OutputRestorer(
      graph,
      makeRunId(Date.now()),
      (node, text) => warnings.push(`${node.id}: ${text}`),
      { ...tools, layout, leases, history, placements },
    );
    const plan = await planNodes(graph, nodes, { ...tools, recall }, false);
    for (const { node, state, inspection } of plan.nodes) {
      const result = inspection?.result ?? null;
      if (state !== 'cached' || result === null) continue;
      // Of a result of others some may be there alone, and nobody has wanted them here.
      const names = Object.entries(result.outputs).flatMap(([name, output]) =>
        result.pulled === undefined || restorer.isCached(output) ? [name] : [],
      );
      const restored = await restorer.restore(node, result.outputs, names);
      if (!restored.ok) faults.push(`${node.id}: ${describeRestoreFailure(restored.failure)}`);
    }
    return { warnings, faults };
  });
}
