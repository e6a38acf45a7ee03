/**
 * What the pipeline needs in all of its profiles: what neither `gc` nor a search for stale outputs
 * may take.
 */

import type { Fingerprint } from '../fingerprint/record.ts';
import type { NodeId } from '../graph/types.ts';
import { planNodes } from '../inspect/plan.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { withSession } from './with-session.ts';

/** What a pipeline needs in all of its profiles. */
export interface Needed {
  readonly fingerprints: ReadonlySet<Fingerprint>;
  /** Nodes of which it is not known yet what they need. */
  readonly undecided: ReadonlySet<NodeId>;
}

/**
 * What the pipeline has now in each of its profiles.
 *
 * @param session of its default profile
 * @throws {UserMistakes} where another profile has mistakes: what it needs is not known
 */
export async function findNeeded(session: Session, options: WorkspaceOptions): Promise<Needed> {
  const fingerprints = new Set<Fingerprint>();
  const undecided = new Set<NodeId>();
  const add = async ({ graph, nodes, tools }: Session) => {
    const plan = await planNodes(graph, nodes, tools, false);
    for (const { node, state, inspection } of plan.nodes) {
      // What runs may go on from a shorter result of its own.
      if (inspection !== null) fingerprints.add(inspection.fingerprint);
      if (inspection === null || (state === 'run' && node.stage.extends !== null)) {
        undecided.add(node.id);
      }
    }
    const planned = new Set(plan.nodes.map(({ node }) => node.id));
    for (const { id } of nodes) if (!planned.has(id)) undecided.add(id);
  };
  for (const profile of Object.keys(session.graph.spec.profiles)) {
    if (profile === session.graph.profile) continue;
    await withSession({ ...options, profile }, [], {}, add);
  }
  await add(session);
  return { fingerprints, undecided };
}
