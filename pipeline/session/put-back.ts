/** Puts outputs that are in the cache alone back in their places, for commands that read them. */

// A session: results that are in the cache alone come back to their places.
import { Placements } from '../cache/placements.ts';
import { planNodes } from '../inspect/plan.ts';
import { openLeases } from '../lease/open-leases.ts';
import { OutputRestorer } from '../scheduler/restore-outputs.ts';
import { Waits } from '../scheduler/waits.ts';
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
    const { graph, nodes, layout, tools, history, context } = session;
    const leases = openLeases(layout, tools.environment);
    const waits = new Waits(leases);
    const warnings: string[] = [];
    const faults: string[] = [];
    const placements = new Placements(layout, context);
    const restorer = new OutputRestorer(
      graph,
      makeRunId(Date.now()),
      (node, text) => warnings.push(`${node.id}: ${text}`),
      waits.watchOf,
      { ...tools, layout, leases, history, placements },
    );
    try {
      const plan = await planNodes(graph, nodes, tools, false);
      for (const { node, state, inspection } of plan.nodes) {
        const result = inspection?.result ?? null;
        if (state !== 'cached' || inspection === null || result === null) continue;
        const restored = await restorer.restore(inspection, result.outputs);
        if (!restored.ok) faults.push(`${node.id}: ${restored.text}`);
      }
    } finally {
      waits.close();
    }
    return { warnings, faults };
  });
}
